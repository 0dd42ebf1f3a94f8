#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/live.h"
#include "engine/effect/restart-gate.h"
#include "engine/effect/start-wait.h"
#include "engine/host/read/shims.h"
#include "engine/host/write/bus-job.h"

#define PING_MS 5000

/* The live host's side of the gate, and the only place that starts, stops or restarts dockerd. */

/* As long as systemd lets its start take; where it does not tell, as long as any start is waited for. */
static int start_limit_ms(struct bus *b)
{
	uint64_t limit = 0;

	return start_wait_ms(bus_start_limit(b, DOCKER_SERVICE, &limit, NULL) < 0 ? 0 : limit);
}

static int state(void *host, struct gate_state *ret, struct error *err)
{
	struct bus *b;
	bool loaded = false, again = false;
	int r = live_bus(host, &b, err);

	if (r >= 0)
		r = bus_active_state(b, DOCKER_SERVICE, &ret->active, err);
	if (r >= 0)
		r = bus_has_job(b, DOCKER_SERVICE, &ret->job, err);
	if (r >= 0)
		r = bus_starts_again(b, DOCKER_SERVICE, &again, err);
	if (r >= 0)
		r = bus_is_loaded(b, DOCKER_SERVICE, &loaded, err);
	ret->unloaded = r >= 0 && !loaded;
	if (r >= 0 && again)
		str_replace(&ret->active,
			    "failed"); /* it does not run, and may go on so for ever */
	return r;
}

static void tell_waiting(const struct live *l, const char *what, int waited_ms, int most_ms)
{
	if (l->effector.waiting)
		l->effector.waiting(l->effector.waiting_data, what, waited_ms, most_ms);
}

static int wait_a_moment(void *host, int ms, struct error *err)
{
	struct live *l = host;

	tell_waiting(l, "for systemd to be done with docker.service", l->settling_ms, l->wait_ms);
	l->settling_ms += ms;
	return interrupt_wait(l->effector.interrupt, ms, err);
}

static int look(void *host, struct facts *ret, struct error *err)
{
	struct live *l = host;

	if (!l->effector.look)
		return error_set(err, -EPERM,
				 "dockerd is not restarted: nobody can look whether "
				 "containers would go on running");
	return live_look(l, ret, err);
}

static int shims(void *host, struct strv *ret_ids, struct error *err)
{
	return shims_find(ret_ids, err);
}

static void on_start_waited(void *data, int waited_ms)
{
	const struct live *l = data;

	tell_waiting(l, "for dockerd to start", waited_ms, l->wait_ms);
}

/* It goes when those that depend on it have stopped, which may take as long as it likes. */
static void on_docker_changed(void *data, const char *active)
{
	const struct live *l = data;

	if (strcmp(active, "active") != 0)
		gap_watch_hurry(l->gaps);
}

/* What counts is what systemd says of dockerd in the end, not that the wait is over. */
static int wait_for(struct live *l, struct bus *b, enum bus_job job, const char *unit,
		    struct error *err)
{
	CLEANUP(freep) char *active = NULL;
	int ms = start_limit_ms(b), r;
	const struct bus_wait wait = {.timeout_ms = ms,
				      .interrupt = l->effector.interrupt,
				      .waiting = job == BUS_STOP ? NULL : on_start_waited,
				      .watched = DOCKER_SERVICE,
				      .changed = on_docker_changed,
				      .data = l};

	l->wait_ms = ms;
	r = bus_job(b, job, unit, &wait, err);
	tell_waiting(l, NULL, 0, 0);
	if (r == -ETIMEDOUT && job != BUS_STOP)
		bus_active_state(b, DOCKER_SERVICE, &active, NULL);
	return start_wait_end(r, active, ms, err);
}

static int run_job(void *host, enum bus_job job, const char *unit, struct error *err)
{
	struct live *l = host;
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r >= 0)
		r = bus_reset_failed(b, DOCKER_SERVICE, err);
	if (r >= 0)
		r = bus_reset_failed(b, DOCKER_SOCKET, err);
	if (r < 0)
		return r;
	l->job_usec = clock_usec(CLOCK_MONOTONIC);
	windows_ended_dockerd(&l->windows);
	gap_watch_ahead(l->gaps);
	return wait_for(l, b, job, unit, err);
}

static int answers(void *host, struct error *err)
{
	struct live *l = host;
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = live_api_open(l, &api, err);

	if (r >= 0) {
		engine_api_hurry(api, PING_MS);
		r = docker_wait_ping(api, PING_MS, l->effector.interrupt, err);
	}
	return r;
}

static struct restart_gate gate_of(struct live *l)
{
	static const struct restart_gate_ops ops = {.state = state,
						    .pause = wait_a_moment,
						    .look = look,
						    .shims = shims,
						    .job = run_job,
						    .answers = answers};

	l->settling_ms = 0;
	l->wait_ms = l->bus ? start_limit_ms(l->bus) : start_wait_ms(0);
	return (struct restart_gate){.ops = &ops,
				     .host = l,
				     .may_stop = l->effector.may_stop,
				     .towards = l->towards,
				     .then = l->remembered && l->next.known ? &l->next : NULL,
				     .own = l->effector.own,
				     /* without a plan's facts (recovery) it must go on */
				     .lock_was_told = !l->remembered || l->swarm_may_lock,
				     .settle_ms = l->wait_ms};
}

int live_docker_settle(struct live *l, char **ret_active, struct error *err)
{
	const struct restart_gate gate = gate_of(l);

	return restart_gate_settle(&gate, ret_active, err);
}

int live_docker_job(struct live *l, enum bus_job job, const char *unit, struct error *err)
{
	const struct restart_gate gate = gate_of(l);

	return restart_gate_pass(&gate, job, unit, err);
}

int live_may_give_up_live(struct effector *e, struct error *err)
{
	struct restart_gate gate = gate_of((struct live *)e);
	int r = live_ought_to_run((struct live *)e, DOCKER_SERVICE, &gate.ought_to_run, NULL);

	/* where systemd cannot be asked, it starts nothing either, and the gate says why */
	gate.ought_to_run |= r < 0;
	return restart_gate_give_up_live(&gate, DOCKER_SERVICE, err);
}

/* Whether stopping the unit stops dockerd, too, at however many steps. */
static int takes_docker_along(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv docker = {0}, stopped = {0};
	int r = bus_related(b, DOCKER_SERVICE, "Names", &docker, err);

	if (r >= 0)
		r = bus_related(b, DOCKER_SOCKET, "Names", &docker, err);
	if (r >= 0)
		r = bus_stopped_with(b, unit, &stopped, err);
	strv_add_once(&docker, DOCKER_SERVICE);
	strv_add_once(&docker, DOCKER_SOCKET);
	*ret = false;
	for (size_t i = 0; i < stopped.count; i++)
		*ret |= strv_contains(&docker, stopped.items[i]);
	return r;
}

int live_unit_job(struct live *l, enum bus_job job, const char *unit, int timeout_ms,
		  struct error *err)
{
	bool docker = false;
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r >= 0)
		r = takes_docker_along(b, unit, &docker, err);
	if (r < 0)
		return r;
	if (docker && (job == BUS_RESTART || job == BUS_STOP))
		return live_docker_job(l, job, unit, err);
	return bus_job(
		b, job, unit,
		&(struct bus_wait){.timeout_ms = timeout_ms, .interrupt = l->effector.interrupt},
		err);
}

int live_start_again(struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, unit, &state, err);

	if (r < 0 || unit_runs(state))
		return r;
	r = bus_reset_failed(b, unit, err);
	return r < 0 ? r
		     : bus_job(b, BUS_START, unit,
			       &(struct bus_wait){.timeout_ms = RESTART_TIMEOUT_MS}, err);
}
