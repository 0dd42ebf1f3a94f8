#pragma once

/*
 * A transaction that waits to be confirmed: until when, and what undoes it then. The journal's last
 * WAITING says it; a timer of the effector's runs `harden recover` at that time, and at boot recovery
 * looks at it first of all.
 *
 * The order makes it safe to die anywhere: a timer is there before the first change, and a later one
 * is there before the record that counts on it, and before an earlier one goes; one that was left
 * without its record gives way to an earlier one of its name, so that none is counted on that comes too
 * late. A timer that comes too early finds that there is time left, and does nothing.
 */

#include "engine/effect/effector.h"
#include "rollback/journal.h"
#include "rollback/state.h"

#define WAIT_LEAST_MS 10000
#define WAIT_MOST_MS 86400000
#define WAIT_USUAL_MS 600000

struct wait {
	uint64_t until_usec; /* CLOCK_REALTIME, as it was when this was noted */
	uint64_t granted_usec; /* from then on */
	char *boot_id; /* of the boot in which it was noted, ... */
	uint64_t mono_usec; /* ... and the same time by its CLOCK_MONOTONIC */
	unsigned number; /* of the WAITING records; names the timer */
};

#define WAIT_INIT ((struct wait){0})

void wait_clear(struct wait *w);

struct instant {
	uint64_t real_usec, mono_usec;
	char *boot_id; /* "" where it cannot be read: then it is no boot that is known */
};

void instant_now(struct instant *ret);
void instant_clear(struct instant *i);

/* By the journal; -ENOENT: it never waited. */
int wait_read(const struct records *records, struct wait *ret, struct error *err);

/*
 * How long yet, in microseconds; 0: the time is over. Within a boot no step of the wall clock counts; in
 * another one nothing else is there to go by, and a clock that was set back gives no more than was granted.
 */
uint64_t wait_left(const struct wait *w, const struct instant *now);

/* Of a journal that waits: how long yet, and until when. */
int wait_look(const struct records *records, uint64_t *ret_left, uint64_t *ret_until,
	      struct error *err);

/*
 * Before the first change: the timer that stands in for the first one, and -EOPNOTSUPP where nobody would
 * run it.
 */
int wait_guard(struct effector *e, const char *id, uint64_t usec, struct error *err);

/* From now on it waits: 0 means durable. `number` is that of the wait before it, 0: none. */
int wait_begin(struct journal *j, struct effector *e, const char *id, unsigned number,
	       uint64_t usec, struct error *err);

/* The same of one that waits: from now on so long. Where it fails, it waits as long as before. */
int wait_extend(struct journal *j, struct effector *e, const char *id, const struct wait *w,
		uint64_t usec, struct error *err);

/*
 * The timer is seen to once more: made anew, with a record of its own, after a reboot, or it is an error; and
 * where it has elapsed before its time, if that can be.
 */
int wait_go_on(struct journal *j, struct effector *e, const char *id, const struct wait *w,
	       struct error *err);

/* It is decided: no timer is needed any more. */
void wait_end(struct effector *e, const char *id, unsigned number);
