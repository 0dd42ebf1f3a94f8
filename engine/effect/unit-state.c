#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/live.h"
#include "engine/effect/start-failed.h"
#include "engine/format/filter-command.h"
#include "engine/host/write/bus-job.h"
#include "engine/model/unit-states.h"

#define JOB_TIMEOUT_MS 90000 /* what a service may take to stop, by systemd's own default */

static bool is_up(const char *value)
{
	return value && strcmp(value, "active") == 0;
}

/* What it came to: a job that is done says nothing of a unit that another one starts again. */
/* Asked anew, as below: a job that dockerd goes along with may have lost the connection. */
static int confirm(struct live *l, const char *unit, bool up, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r >= 0)
		r = bus_active_state(b, unit, &state, err);
	if (r >= 0 && unit_is_up(state) != up)
		r = error_set(err, -EIO, "'%s' is %s, not %s", unit, state,
			      up ? "active" : "inactive");
	return r;
}

/* What is not about the unit: somebody asked to stop, or systemd does not answer. */
static bool is_units_own(struct live *l, const char *unit, int code)
{
	CLEANUP(freep) char *state = NULL;
	struct bus *b;

	return code != -EINTR && live_bus(l, &b, NULL) >= 0 &&
	       bus_active_state(b, unit, &state, NULL) >= 0;
}

static int start(struct live *l, const char *unit, struct error *err)
{
	struct error why = {0};
	int r = live_unit_job(l, BUS_START, unit, JOB_TIMEOUT_MS, &why);

	if (r < 0 && is_units_own(l, unit, r))
		r = start_failed(&l->effector, unit, r, &why);
	error_move(err, &why);
	return r;
}

/*
 * As the plan said of it: then dockerd's rules that are gone are no harm that nobody knew of. Our own
 * units leave those of others alone, and nothing was said.
 */
static void note_flusher(struct live *l, struct bus *b, const char *unit)
{
	for (size_t i = 0; unit_command_keys[i] && !starts_with(unit, "harden-"); i++) {
		CLEANUP(strv_clear) struct strv words = {0};
		CLEANUP(freep) char *command = NULL;

		bus_commands(b, unit, unit_command_keys[i], &words, NULL);
		command = strv_join(&words, " ");
		if (filter_flusher(command))
			strv_add_once(&l->flushers, unit);
	}
}

/* A unit that failed is as down as one that was stopped; where it was not failed before, that goes. */
static int bring(struct live *l, struct bus *b, const char *unit, const char *to, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	bool up = is_up(to);
	int r = bus_active_state(b, unit, &state, err);

	if (!up)
		live_let_down(l, unit);
	if (r >= 0)
		note_flusher(l, b, unit);
	if (r >= 0 && unit_is_up(state) != up)
		return up ? start(l, unit, err)
			  : live_unit_job(l, BUS_STOP, unit, JOB_TIMEOUT_MS, err);
	if (r >= 0 && strcmp(state, "failed") == 0 && strcmp_null(to, "failed") != 0)
		r = bus_reset_failed(b, unit, err);
	return r;
}

/* One that did not come up with its new file has to come up with its old one. */
static int restart_job(struct live *l, struct bus *b, const char *unit, bool up, struct error *err)
{
	int r;

	strv_add_once(&l->tried, unit);
	r = up ? live_unit_job(l, BUS_RESTART, unit, JOB_TIMEOUT_MS, err)
	       : live_start_again(b, unit, err);
	return r < 0 ? r : confirm(l, unit, true, err);
}

/* Whether it ran, as far as this run knows or the one that was broken off. */
static bool has_run(const struct live *l, const char *unit)
{
	return strv_contains(&l->tried, unit) || strv_contains(&l->ran, unit);
}

/* The unit reads its new file; one that was down stays down. */
static int restart(struct live *l, struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	struct error why = {0};
	int r = bus_active_state(b, unit, &state, err);

	if (r < 0 || (!unit_is_up(state) && !has_run(l, unit)))
		return r;
	r = restart_job(l, b, unit, unit_is_up(state), &why);
	if (r < 0 && r != -EPERM && is_units_own(l, unit, r))
		r = start_failed(&l->effector, unit, r, &why);
	error_move(err, &why);
	return r;
}

/* As it shall be, when all is done; one that came up and ended again has failed to start. */
static int check(struct live *l, const char *unit, bool up, struct error *err)
{
	struct error why = {0};
	int r = confirm(l, unit, up, &why);

	if (r < 0 && up && is_units_own(l, unit, r))
		r = start_failed(&l->effector, unit, r, &why);
	error_move(err, &why);
	return r;
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
			r = check(l, state, is_up(e->after), err);
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
