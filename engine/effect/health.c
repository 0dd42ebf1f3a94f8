#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/effect/gate-changed.h"
#include "engine/effect/live.h"
#include "engine/host/ask/docker-log.h"

#define STEP_MS 250

/* One that is on its way up is to be up. */
static bool unit_is_active(const struct facts *facts, const char *name)
{
	const struct unit_facts *u = facts_unit(facts, name);

	return u && u->active && unit_is_up(u->active) && unit_phase_of(u) != UNIT_DOWN;
}

int live_wait_until_well(struct live *l,
			 int (*ask)(struct live *l, const struct stopped_list *may_stop,
				    struct error *err),
			 const struct stopped_list *may_stop, int most_ms, struct error *err)
{
	uint64_t deadline = clock_usec(CLOCK_MONOTONIC) + (uint64_t)most_ms * 1000;
	CLEANUP(error_clear) struct error last = {0};
	int r;

	while ((r = ask(l, may_stop, &last)) < 0 && clock_usec(CLOCK_MONOTONIC) < deadline) {
		int stopped = interrupt_wait(l->effector.interrupt, STEP_MS, err);

		if (stopped < 0)
			return stopped;
	}
	if (r < 0)
		error_move(err, &last);
	return r;
}

int live_remember(struct effector *e, const struct facts *facts, struct error *err)
{
	struct live *l = (struct live *)e;
	const struct unit_facts *u = facts_unit(facts, DOCKER_SERVICE);

	l->remembered = true;
	l->docker_pid = u ? u->main_pid : 0;
	l->docker_started = u ? u->started_usec : 0;
	l->docker_ran = unit_is_active(facts, DOCKER_SERVICE);
	l->socket_listened = unit_is_active(facts, DOCKER_SOCKET);
	l->swarm_may_lock = facts->docker.swarm_locks || facts->docker.swarm_unsure;
	gate_remember_start(&facts->docker, &l->next);
	watched_remember(l, facts);
	attached_clear(l);
	accepting_clear(l);
	api_remember(l, facts);
	strv_clear(&l->proxied);
	strv_clear(&l->led);
	return 0;
}

/* Type=notify says ready before a crash loop shows, so the same start must last. */
static int check_unit(struct live *l, const struct unit_facts *first, uint64_t since,
		      struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *u = facts_add_unit(&facts, DOCKER_SERVICE);
	CLEANUP(freep) char *words = NULL;
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r >= 0)
		r = bus_unit(b, DOCKER_SERVICE, u, err);
	if (r >= 0 && (!unit_runs(u->active) || u->restarts != first->restarts ||
		       strcmp_null(u->invocation_id, first->invocation_id) != 0)) {
		words = docker_log_last_words(since, NULL);
		r = error_set(err, -EIO, "docker.service does not stay up (it is %s)%s%s",
			      u->active, words ? ": " : "", words ? words : "");
	}
	return r;
}

static int watch_gate(struct live *l, const struct unit_facts *first,
		      const struct stopped_list *may_stop, int gate_ms, uint64_t since,
		      struct error *err)
{
	uint64_t deadline = clock_usec(CLOCK_MONOTONIC) + (uint64_t)gate_ms * 1000;

	for (;;) {
		uint64_t now;
		int r = check_unit(l, first, since, err);

		if (r >= 0)
			r = watched_check(l, may_stop, err);
		if (r >= 0)
			r = checks_look(l, err);
		now = clock_usec(CLOCK_MONOTONIC);
		if (r < 0 || now >= deadline)
			return r;
		now = (deadline - now) / 1000 + 1;
		if (l->effector.watching)
			l->effector.watching(l->effector.watching_data, (int)now);
		r = interrupt_wait(l->effector.interrupt, now < STEP_MS ? (int)now : STEP_MS, err);
		if (r < 0)
			return r;
	}
}

/* Until all that dockerd is to have again is there. */
static int wait_for_all(struct live *l, const struct stopped_list *may_stop, int gate_ms,
			struct error *err)
{
	int r = networks_wait(l, err);

	if (r >= 0)
		r = networks_check_lost(l, err);
	if (r >= 0)
		r = state_wait(l, err);
	if (r >= 0)
		r = attached_wait(l, may_stop, err);
	if (r >= 0)
		r = ports_wait(l, may_stop, err);
	if (r >= 0)
		r = api_wait(l, may_stop, err);
	return r >= 0 ? accepting_wait_survivors(l, may_stop, gate_ms, err) : r;
}

/* dockerd must be there and tell: the other looks pass over an API that is not reached. */
static int is_still_there(struct live *l, const struct unit_facts *first,
			  const struct stopped_list *may_stop, uint64_t since, struct error *err)
{
	int r = check_unit(l, first, since, err);

	if (r >= 0)
		r = watched_wait_for_list(l, may_stop, err);
	return r >= 0 ? checks_look(l, err) : r;
}

/* What was started anew has had the time of the gate, and gets it for its check and its ports. */
static int settle(struct live *l, const struct unit_facts *first,
		  const struct stopped_list *may_stop, int gate_ms, uint64_t since,
		  struct error *err)
{
	int r = networks_check_lost(l, err);

	if (r >= 0)
		r = watched_wait_for_list(l, may_stop, err);
	if (r >= 0)
		r = attached_check_log(l, may_stop, err);
	if (r >= 0)
		r = checks_settle(l, may_stop, gate_ms, err);
	if (r >= 0)
		r = is_still_there(l, first, may_stop, since, err);
	if (r >= 0)
		r = restarts_check(l, may_stop, gate_ms, err);
	if (r >= 0)
		r = accepting_wait(l, may_stop, gate_ms, err);
	if (r >= 0)
		r = api_wait(l, may_stop, err);
	if (r >= 0)
		r = is_still_there(l, first, may_stop, since, err);
	return r;
}

static int tell(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	int r = loops_tell(l, may_stop, err);

	if (r < 0)
		return r;
	watched_tell_cut_off(l, may_stop);
	state_tell(l);
	checks_tell(l);
	return 0;
}

/* Docker may not have run before, or somebody wants it down: then there is nothing that could be unwell. */
static int is_to_be_well(struct live *l, bool *ret, struct error *err)
{
	CLEANUP(freep) char *active = NULL;
	int r;

	*ret = l->remembered && l->docker_ran;
	if (!*ret || !strv_contains(&l->stopped, DOCKER_SERVICE))
		return 0;
	/* who has stopped it may have started it since: as it is now, and not half way up */
	r = live_docker_settle(l, &active, err);
	return r < 0 ? r : live_ought_to_run(l, DOCKER_SERVICE, ret, err);
}

int live_health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		struct error *err)
{
	struct live *l = (struct live *)e;
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *first = facts_add_unit(&facts, DOCKER_SERVICE);
	uint64_t since;
	struct bus *b;
	bool asked;
	int r = is_to_be_well(l, &asked, err);

	if (r >= 0 && !asked)
		return 0;
	if (r >= 0)
		r = live_bus(l, &b, err);
	if (r >= 0)
		r = bus_unit(b, DOCKER_SERVICE, first, err);
	if (r >= 0)
		r = wait_for_all(l, may_stop, gate_ms, err);
	since = clock_usec(CLOCK_REALTIME);
	if (r >= 0)
		r = watch_gate(l, first, may_stop, gate_ms, since, err);
	if (r >= 0)
		r = settle(l, first, may_stop, gate_ms, since, err);
	if (r >= 0)
		r = tell(l, may_stop, err);
	live_bus_lost(l, r);
	live_bus_release(l);
	return r;
}
