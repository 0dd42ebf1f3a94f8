#pragma once

/*
 * systemd's write side: each call waits until it is done and says so only when it is. A connection that is
 * lost meanwhile (systemd executes itself anew) is opened again, and it is looked what became of the call
 * (bus-job-doubt.c). -ECONNRESET: systemd does not come back; what became of it is then unknown.
 */

#include "engine/base/interrupt.h"
#include "engine/host/ask/bus.h"

/* Reads all unit files again. */
int bus_daemon_reload(struct bus *b, struct error *err);

/* Forgets a unit's failures and start count (systemctl reset-failed); a unit that is not loaded is fine. */
int bus_reset_failed(struct bus *b, const char *unit, struct error *err);

/* Whether systemd is about to start it once more by itself, after a failure. */
int bus_starts_again(struct bus *b, const char *unit, bool *ret, struct error *err);

/* The object of the job that systemd has for the unit; the caller frees it, NULL: it has none. */
int bus_unit_job(struct bus *b, const char *unit, char **ret_object, struct error *err);

/* Whether systemd has a job for the unit that is not over. */
int bus_has_job(struct bus *b, const char *unit, bool *ret, struct error *err);

enum bus_job { BUS_RELOAD, BUS_RESTART, BUS_START, BUS_STOP };

struct bus_wait {
	int timeout_ms;
	const struct interrupt *interrupt; /* NULL: it cannot be broken off */
	/* Told at once and then once a second how long it waits already; NULL: nobody is. */
	void (*waiting)(void *data, int waited_ms);
	/*
	 * Told the ActiveState of the unit `watched` ("deactivating") when systemd says one, and each time that it
	 * says another, as long as the job is waited for; where it cannot be watched, nothing is. NULL: nobody is.
	 */
	void (*changed)(void *data, const char *active);
	const char *watched;
	void *data;
};

/*
 * Runs the job (in place of one that waits) and waits for its end. -EIO when the job failed
 * (err has its result, and the unit's ActiveState and Result), -ETIMEDOUT. -EINTR: interrupted;
 * the job goes on, and the next one for that unit replaces it.
 */
int bus_job(struct bus *b, enum bus_job job, const char *unit, const struct bus_wait *wait,
	    struct error *err);
