#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/live.h"
#include "engine/effect/start-failed.h"
#include "engine/model/unit-states.h"

/*
 * What runs and goes down with a handler. Within one run that is known by having looked; a run that goes on
 * after another one was killed is told by the journal of that.
 */

int live_docker_dependents(struct bus *b, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv own = {0}, units = {0};
	int r = bus_dependents(b, DOCKER_SERVICE, &units, err);

	if (r >= 0)
		r = bus_dependents(b, DOCKER_SOCKET, &units, err);
	if (r >= 0)
		r = bus_related(b, DOCKER_SERVICE, "Names", &own, err);
	if (r >= 0)
		r = bus_related(b, DOCKER_SOCKET, "Names", &own, err);
	for (size_t i = 0; i < units.count && r >= 0; i++)
		if (!strv_contains(&own, units.items[i]))
			strv_add_once(ret, units.items[i]);
	return r;
}

static int add_if_up(struct bus *b, const char *unit, struct strv *ret, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, unit, &state, err);

	if (r >= 0 && unit_is_up(state))
		strv_add_once(ret, unit);
	return r;
}

static int along_docker(struct bus *b, struct strv *ret, struct error *err)
{
	int r = add_if_up(b, DOCKER_SERVICE, ret, err);

	if (r >= 0)
		r = add_if_up(b, DOCKER_SOCKET, ret, err);
	return r < 0 ? r : live_docker_dependents(b, ret, err);
}

/* Of units that read a file anew: what a plan stops is told by its effects. */
static int along_restarts(struct bus *b, const struct effects *towards, struct strv *ret,
			  struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < towards->count && r >= 0; i++) {
		const struct effect *e = &towards->items[i];
		const char *unit = e->pending ? NULL : effect_key(e, SCHEME_RESTART);
		size_t before = ret->count;

		if (!unit)
			continue;
		r = add_if_up(b, unit, ret, err);
		if (r >= 0 && ret->count > before)
			r = bus_dependents(b, unit, ret, err);
	}
	return r;
}

int live_takes_along(struct effector *e, enum handler handler, const struct effects *towards,
		     struct strv *ret, struct error *err)
{
	struct live *l = (struct live *)e;
	bool docker = HANDLER_BIT(handler) & HANDLERS_RESTART;
	struct bus *b;
	int r;

	if (!docker && handler != HANDLER_UNIT_STATE)
		return 0;
	r = live_bus(l, &b, err);
	if (r >= 0)
		r = docker ? along_docker(b, ret, err) : along_restarts(b, towards, ret, err);
	live_bus_lost(l, r);
	return r < 0 ? r : 0;
}

static void take_out(struct strv *list, const char *unit)
{
	for (size_t i = list->count; i-- > 0;)
		if (strcmp(list->items[i], unit) == 0)
			strv_remove(list, i);
}

void live_let_down(struct live *l, const char *unit)
{
	take_out(&l->owed, unit);
	take_out(&l->ran, unit);
}

static bool is_dockers(const char *unit)
{
	return strcmp(unit, DOCKER_SERVICE) == 0 || strcmp(unit, DOCKER_SOCKET) == 0;
}

static void tell_ran(struct live *l, const char *unit, uint64_t since_usec)
{
	CLEANUP(freep) char *active = NULL;
	bool stopped = false;
	struct bus *b;

	if (live_bus(l, &b, NULL) >= 0 && bus_active_state(b, unit, &active, NULL) >= 0 &&
	    live_was_stopped(l, unit, active, since_usec ? &since_usec : NULL, &stopped, NULL) >=
		    0 &&
	    stopped) {
		live_stays_stopped(l, unit);
		return;
	}
	strv_add_once(&l->ran, unit);
	if (!is_dockers(unit))
		strv_add_once(&l->owed, unit);
}

void live_ran_before(struct effector *e, const struct strv *units, const uint64_t *since_usec)
{
	struct live *l = (struct live *)e;

	for (size_t i = 0; i < l->ran.count; i++)
		take_out(&l->owed, l->ran.items[i]);
	strv_clear(&l->ran);
	for (size_t i = 0; i < units->count; i++)
		tell_ran(l, units->items[i], since_usec[i]);
}

/* A start of what needs a dockerd that is down would start that, past the gate. */
static int check_docker(struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(freep) char *docker = NULL;
	CLEANUP(strv_clear) struct strv needing = {0};
	int r = bus_active_state(b, DOCKER_SERVICE, &docker, err);

	if (r < 0 || unit_runs(docker))
		return r;
	r = bus_stopped_with(b, DOCKER_SERVICE, &needing, err);
	if (r >= 0 && strv_contains(&needing, unit))
		r = error_set(err, -EIO, "dockerd does not run, which it needs");
	return r;
}

static int start(struct live *l, struct bus *b, const char *unit, struct error *err)
{
	int r;

	if (is_dockers(unit))
		return live_docker_job(l, BUS_START, unit, err);
	r = check_docker(b, unit, err);
	return r < 0 ? r : live_start_again(b, unit, err);
}

/* Whether somebody stopped it, also while the way back was walked; when our last job for others was is not kept. */
static int stopped_behind_job(struct live *l, const char *unit, const char *active, bool *ret,
			      struct error *err)
{
	int r = 0;

	if (is_dockers(unit))
		r = live_was_stopped(l, unit, active, l->job_usec ? &l->job_usec : NULL, ret, err);
	if (r >= 0 && *ret)
		live_stays_stopped(l, unit);
	return r;
}

/* 0: it runs, as it did, or a person said that it may stay down, or has stopped it. */
static int start_one(struct live *l, struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	bool stopped = false;
	int r = bus_active_state(b, unit, &state, err);

	if (r < 0 || unit_is_up(state))
		return r;
	r = stopped_behind_job(l, unit, state, &stopped, err);
	if (r < 0 || stopped)
		return r;
	r = start(l, b, unit, err);
	if (r < 0)
		return start_failed(&l->effector, unit, r, err);
	if (l->effector.notes)
		strv_addf(l->effector.notes,
			  "'%s' ran before, had gone down, and was started again", unit);
	return 0;
}

/* dockerd's own two come first: the others may need them. Of a copy: what is found stopped goes from the list. */
int live_start_all_again(struct effector *e, struct error *err)
{
	struct live *l = (struct live *)e;
	CLEANUP(strv_clear) struct strv ran = {0}, failed = {0};
	CLEANUP(freep) char *text = NULL;
	struct bus *b;
	int r = l->ran.count ? live_bus(l, &b, err) : 0;

	strv_copy(&ran, &l->ran);
	for (int own = 1; own >= 0 && r >= 0; own--) {
		for (size_t i = 0; i < ran.count; i++) {
			CLEANUP(error_clear) struct error why = {0};

			if (is_dockers(ran.items[i]) == (own == 1) &&
			    start_one(l, b, ran.items[i], &why) < 0)
				strv_addf(&failed, "'%s' ran before, and does not run now: %s",
					  ran.items[i], error_text(&why));
		}
	}
	live_bus_lost(l, r);
	if (r < 0 || failed.count == 0)
		return r < 0 ? r : 0;
	text = strv_join(&failed, "; ");
	return error_set(err, -EIO, "%s", text);
}
