#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/host/write/bus-job.h"
#include "engine/model/unit-states.h"

#define JOB_TIMEOUT_MS 90000 /* what a service may take to stop, by systemd's own default */

static bool is_up(const char *value)
{
	return value && strcmp(value, "active") == 0;
}

/* What it came to: a job that is done says nothing of a unit that another one starts again. */
static int confirm(struct bus *b, const char *unit, bool up, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, unit, &state, err);

	if (r >= 0 && unit_is_up(state) != up)
		r = error_set(err, -EIO, "'%s' is %s, not %s", unit, state,
			      up ? "active" : "inactive");
	return r;
}

/* A unit that failed is as down as one that was stopped; where it was not failed before, that goes. */
static int bring(struct live *l, struct bus *b, const char *unit, const char *to, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	bool up = is_up(to);
	int r = bus_active_state(b, unit, &state, err);

	if (r >= 0 && unit_is_up(state) != up)
		return live_unit_job(l, up ? BUS_START : BUS_STOP, unit, JOB_TIMEOUT_MS, err);
	if (r >= 0 && strcmp(state, "failed") == 0 && strcmp_null(to, "failed") != 0)
		r = bus_reset_failed(b, unit, err);
	return r;
}

/* The unit reads its new file; one that is down stays down. */
static int restart(struct live *l, struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, unit, &state, err);

	if (r < 0 || !unit_is_up(state))
		return r;
	r = live_unit_job(l, BUS_RESTART, unit, JOB_TIMEOUT_MS, err);
	return r < 0 ? r : confirm(b, unit, true, err);
}

static int run_all(struct live *l, struct bus *b, const struct effects *towards, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < towards->count && r >= 0; i++) {
		const struct effect *e = &towards->items[i];
		const char *state = effect_key(e, SCHEME_STATE),
			   *again = effect_key(e, SCHEME_RESTART);

		if (state && !e->pending)
			r = bring(l, b, state, e->after, err);
		else if (again && !e->pending)
			r = restart(l, b, again, err);
	}
	/* when all is done: what was stopped last may have kept others from starting again */
	for (size_t i = 0; i < towards->count && r >= 0; i++) {
		const struct effect *e = &towards->items[i];
		const char *state = effect_key(e, SCHEME_STATE);

		if (state && !e->pending)
			r = confirm(b, state, is_up(e->after), err);
	}
	return r < 0 ? r : 0;
}

int run_unit_state(struct live *l, const struct effects *towards, struct error *err)
{
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0; /* no systemd: nothing was started, nothing is to stop */
	}
	return r < 0 ? r : run_all(l, b, towards, err);
}
