#include "engine/host/write/bus-job-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

/*
 * A job whose call was sent and whose answer, or end, nobody heard. systemd keeps units and jobs when it
 * executes itself anew, a job with its number: so a job that is there goes on, and of one that is not
 * there the unit tells what came of it. A restart is not called again where the unit was started since.
 */

#define SYSTEMD_JOB "org.freedesktop.systemd1.Job"

void job_run_clear(struct job_run *w)
{
	sd_bus_slot_unref(w->slot);
	sd_bus_slot_unref(w->watched);
	free(w->active);
	free(w->before);
	free(w->object);
	free(w->result);
}

static int invocation_of(struct bus *b, const char *unit, char **ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r : bus_invocation(b, object, ret, err);
}

int job_look_before(struct bus *b, struct job_run *w, struct error *err)
{
	return invocation_of(b, w->unit, &w->before, err);
}

int job_renewed(struct bus *b, const struct job_run *w, struct error *err)
{
	CLEANUP(freep) char *now = NULL;
	int r = invocation_of(b, w->unit, &now, err);

	return r < 0 ? r : now && strcmp_null(now, w->before) != 0;
}

/*
 * Whether a job that is there does what ours would: 1 or 0; negative: it cannot be asked, or is over since. The second
 * half of a restart is a start for systemd.
 */
static int does_the_same(struct bus *b, const char *object, const struct job_run *w,
			 struct error *err)
{
	static const char *const types[] = {[BUS_RELOAD] = "reload",
					    [BUS_RESTART] = "restart",
					    [BUS_START] = "start",
					    [BUS_STOP] = "stop"};
	CLEANUP(freep) char *type = NULL;
	int r = bus_string(b, object, SYSTEMD_JOB, "JobType", &type, err);

	if (r < 0)
		return r;
	return strcmp(type, types[w->job]) == 0 ||
	       (w->job == BUS_RESTART && strcmp(type, "start") == 0);
}

/* Accepted, and over: by what it was to bring about. */
static const char *result_by_state(const struct job_run *w, const char *state, bool renewed)
{
	bool up = unit_runs(state), down = strcmp(state, "inactive") == 0;

	switch (w->job) {
	case BUS_STOP:
		return down || strcmp(state, "failed") == 0 ? JOB_DONE : JOB_UNKNOWN;
	case BUS_RELOAD:
		return up && !renewed ? JOB_DONE : JOB_UNKNOWN;
	case BUS_START:
		return up || (renewed && down) ? JOB_DONE : JOB_UNKNOWN;
	case BUS_RESTART:
		return renewed && (up || down) ? JOB_DONE : JOB_UNKNOWN;
	}
	return JOB_UNKNOWN;
}

/* There is no job. One that systemd never named, and that changed nothing, it may never have heard of. */
static int judge(struct bus *b, struct job_run *w, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, w->unit, &state, err);
	int renewed = r < 0 ? r : job_renewed(b, w, err);
	const char *result;

	if (renewed < 0)
		return renewed;
	result = result_by_state(w, state, renewed);
	if (w->object || renewed || (w->job != BUS_RELOAD && strcmp(result, JOB_DONE) == 0))
		w->result = xstrdup(result);
	return 0;
}

/* It was there a moment ago: ours, another's, or over since, which the unit tells then. */
static int look_at_job(struct bus *b, struct job_run *w, char *there, struct error *err)
{
	CLEANUP(freep) char *object = there, *still = NULL;
	int same = does_the_same(b, object, w, err), r;

	if (same > 0) {
		w->object = TAKE_PTR(object);
		w->adopted = true;
	} else if (same == 0) { /* there is one for a unit: ours gave way to it, or shall */
		w->result = xstrdup(JOB_CANCELED);
	}
	if (same >= 0 || same == -ETIMEDOUT || bus_is_lost(same))
		return same < 0 ? same : 0;
	error_clear(err);
	r = bus_unit_job(b, w->unit, &still, err);
	if (r >= 0 && still)
		w->result = xstrdup(JOB_CANCELED);
	return r < 0 || still ? r : judge(b, w, err);
}

int job_look_again(struct bus *b, struct job_run *w, struct error *err)
{
	CLEANUP(freep) char *there = NULL;
	int r = bus_unit_job(b, w->unit, &there, err);

	if (r < 0)
		return r;
	if (!there)
		return judge(b, w, err);
	if (w->object && strcmp(there, w->object) == 0)
		return 0;
	if (!w->object && w->at_boot)
		return 0; /* that waits for recovery: it has done nothing, and ours goes before it */
	if (!w->object)
		return look_at_job(b, w, TAKE_PTR(there), err);
	w->result = xstrdup(JOB_CANCELED); /* another's: ours gave way to it */
	return 0;
}
