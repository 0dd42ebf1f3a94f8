#pragma once

/* What bus-job.c, bus-job-doubt.c and bus-job-watch.c share: one job, from its call to its end. */

#include "engine/host/ask/bus-impl.h"
#include "engine/host/write/bus-job.h"

#define JOB_DONE "done"
#define JOB_CANCELED "canceled"
#define JOB_UNKNOWN "unknown" /* it is over, and not as it should be; its result was lost */

struct job_run {
	enum bus_job job;
	const char *unit;
	const char *mode; /* what becomes of a job that is there */
	bool at_boot; /* it is recovery's, in front of the jobs of the boot */
	char *before; /* the unit's InvocationID before it; NULL: it never was started */
	char *object; /* our job; NULL until systemd has named it */
	char *result; /* "done", "failed", ...; NULL while it runs */
	bool adopted; /* the job may be another's of its kind */
	const struct bus_wait *wait;
	char *active; /* of the unit that is watched, as it was told last */
	sd_bus_slot *watched; /* on which that is told */
	sd_bus_slot *slot; /* on which its end is told, ... */
	unsigned connection; /* ... of this connection */
	uint64_t begun_usec; /* by CLOCK_MONOTONIC */
};

void job_run_clear(struct job_run *w);

/* On this connection, before the job is asked for, so that nothing is missed; where that cannot be nothing is told. */
void job_watch(struct bus *b, struct job_run *w);

/* How the unit is, before there is a job. */
int job_look_before(struct bus *b, struct job_run *w, struct error *err);

/*
 * The connection was lost behind the job's call, and there is another one: what became of the job. It goes
 * on (w->object); it is over (w->result); or neither: nothing has happened, and it may be called again.
 */
int job_look_again(struct bus *b, struct job_run *w, struct error *err);

/* Whether the unit was started since: 1 or 0. */
int job_renewed(struct bus *b, const struct job_run *w, struct error *err);
