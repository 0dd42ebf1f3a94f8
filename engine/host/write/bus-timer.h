#pragma once

/*
 * A transient timer of systemd's: it runs a program in so long a time, whatever becomes of this
 * process, and again where that is asked for. It is gone with the boot, and by itself once it has run for the last time.
 */

#include "engine/base/strv.h"
#include "engine/host/ask/bus.h"

struct bus_timer {
	const char *name; /* of the units, without ".timer" and ".service" */
	const char *description;
	const struct strv *argv; /* the program by its absolute path, and its arguments */
	uint64_t usec; /* from now, by CLOCK_MONOTONIC */
	const uint64_t *
		again; /* so long after that once more each, while the timer is there; ends with 0; NULL: never */
};

/*
 * Makes the timer, which runs when this returns 0; so does one of that name that runs already, and is
 * left as it is, unless it would run out later than this one: that gives way. The program is started once more when a signal ends it.
 */
int bus_timer_start(struct bus *b, const struct bus_timer *timer, struct error *err);

/* Takes it away; one that is not there is fine. What it has started goes on. */
int bus_timer_stop(struct bus *b, const char *name, struct error *err);
