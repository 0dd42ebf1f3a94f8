#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/live.h"
#include "engine/host/ask/docker-log.h"
#include "engine/host/write/bus-job.h"

#define PING_TIMEOUT_MS 10000

/* Asked of systemd anew: the gate may have lost the connection that there was. */
static int ensure_active(struct live *l, const char *unit, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r >= 0)
		r = bus_active_state(b, unit, &state, err);
	if (r < 0 || unit_runs(state))
		return r;
	return live_docker_job(l, BUS_START, unit, err);
}

/* The moment before a restart, and the run of docker.service that it ends. */
struct before {
	uint64_t usec;
	char *run; /* systemd's id of it; NULL: not known */
};

static void before_clear(struct before *b)
{
	free(b->run);
}

static struct before before_restart(struct bus *b)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	struct unit_facts *u = facts_add_unit(&scratch, DOCKER_SERVICE);
	struct before ret = {.usec = clock_usec(CLOCK_REALTIME)};

	if (bus_unit(b, DOCKER_SERVICE, u, NULL) >= 0)
		ret.run = xstrdup_null(u->invocation_id);
	return ret;
}

/*
 * systemd only says that the process exited; dockerd's own last line says why. One that was stopped and
 * not started again, since its unit was masked meanwhile, has said nothing about that.
 */
static int with_last_words(int code, const struct before *before, struct error *err)
{
	CLEANUP(freep) char *words = NULL;

	if (code == -ECONNRESET || code == -EINTR || code == -ETIMEDOUT)
		return code; /* nothing says that it does not start */
	words = docker_log_last_words(before->usec, before->run);
	return words ? error_set(err, code, "dockerd does not start: %s", words) : code;
}

static int answers(struct live *l, const struct effects *towards, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = live_api_open(l, &api, err);

	if (r >= 0)
		r = docker_wait_ping(api, PING_TIMEOUT_MS, l->effector.interrupt, err);
	if (r >= 0)
		api_came_back(l);
	if (r >= 0)
		r = docker_confirm(api, towards, err);
	if (r > 0)
		started_with_note(l);
	return r == 0 ? -EIO : r < 0 ? r : 0;
}

/* Each is named, not only the first. */
static int all_of(const struct strv *failed, int code, struct error *err)
{
	CLEANUP(freep) char *text = strv_join(failed, "; ");

	return error_set(err, code, "%s", text);
}

/*
 * Units that went down with dockerd, at this restart or at one before that failed: its way back is
 * the first that can start them. systemd starts them again itself, as a rule; those that it does not,
 * because their start failed or they were only stopped, are started here.
 */
static int start_dependents(struct live *l, struct bus *b, struct error *err)
{
	CLEANUP(strv_clear) struct strv failed = {0};
	int code = 0;

	for (size_t i = 0; i < l->owed.count;) {
		CLEANUP(error_clear) struct error why = {0};
		const char *did = strv_contains(&l->went_down, l->owed.items[i])
					  ? "went down with dockerd"
					  : "ran before";
		int r = live_start_again(b, l->owed.items[i], &why);

		if (r >= 0) {
			strv_remove(&l->owed, i);
			continue;
		}
		strv_addf(&failed, "'%s' %s: %s", l->owed.items[i++], did, error_text(&why));
		code = code < 0 ? code : r;
	}
	return code < 0 ? all_of(&failed, code, err) : 0;
}

/*
 * Where dockerd is not there again, a start of what needs it would start it: those that are down are
 * only named.
 */
static int with_owed(struct live *l, int code, struct error *err)
{
	CLEANUP(freep) char *units = NULL, *why = NULL;
	CLEANUP(strv_clear) struct strv down = {0};
	struct bus *b;

	for (size_t i = 0; i < l->owed.count && live_bus(l, &b, NULL) >= 0; i++) {
		CLEANUP(freep) char *state = NULL;

		if (bus_active_state(b, l->owed.items[i], &state, NULL) >= 0 && !unit_is_up(state))
			strv_add(&down, l->owed.items[i]);
	}
	if (!err || down.count == 0)
		return code;
	units = strv_join(&down, ", ");
	why = xstrdup(error_text(err));
	return error_set(err, code, "%s; %s went down with it", why, units);
}

/* Those that run now; to be asked before. Not dockerd's own two, which have their own way. */
static int note_dependents(struct live *l, struct bus *b, struct error *err)
{
	CLEANUP(strv_clear) struct strv units = {0};
	int r = live_docker_dependents(b, &units, err);

	for (size_t i = 0; i < units.count && r >= 0; i++) {
		strv_add_once(&l->went_down, units.items[i]);
		strv_add_once(&l->owed, units.items[i]);
	}
	return r;
}

/* What ought to run afterwards; asked when systemd is done with what others want of dockerd. */
static int ready(struct live *l, struct bus **ret_bus, bool *ret_service, bool *ret_socket,
		 struct error *err)
{
	CLEANUP(freep) char *active = NULL;
	int r = live_bus(l, ret_bus, err);

	if (r >= 0)
		r = live_docker_settle(l, &active, err);
	if (r >= 0)
		r = live_ought_to_run(l, DOCKER_SERVICE, ret_service, err);
	if (r >= 0)
		r = live_ought_to_run(l, DOCKER_SOCKET, ret_socket, err);
	return r;
}

static int restart_service(struct live *l, const struct effects *towards, struct error *err)
{
	CLEANUP(before_clear) struct before before = {0};
	bool service, socket;
	struct bus *b;
	int r = ready(l, &b, &service, &socket, err);

	if (r >= 0)
		before = before_restart(b);
	if (r >= 0 && service)
		r = note_dependents(l, b, err);
	if (r >= 0 && service) {
		r = live_docker_job(l, BUS_RESTART, DOCKER_SERVICE, err);
		if (r < 0)
			return with_last_words(r, &before, err);
	}
	/* whoever has stopped dockerd may be about to stop its socket */
	if (r >= 0 && socket && !strv_contains(&l->stopped, DOCKER_SERVICE))
		r = ensure_active(l, DOCKER_SOCKET, err);
	if (r >= 0 && service)
		r = answers(l, towards, err);
	return r;
}

/*
 * docker.socket cannot be started while docker.service holds its socket, so systemd stops both
 * and starts both: docker.service requires docker.socket, and one restart job takes both along.
 */
static int restart_socket(struct live *l, const struct effects *towards, struct error *err)
{
	CLEANUP(before_clear) struct before before = {0};
	bool service, socket;
	struct bus *b;
	int r = ready(l, &b, &service, &socket, err);

	if (r < 0 || !socket)
		return r;
	before = before_restart(b);
	r = note_dependents(l, b, err);
	if (r >= 0)
		r = live_docker_job(l, BUS_RESTART, DOCKER_SOCKET, err);
	if (r >= 0 && service)
		r = ensure_active(l, DOCKER_SERVICE, err);
	if (r < 0)
		return with_last_words(r, &before, err);
	return service ? answers(l, towards, err) : 0;
}

static int bring_back(struct live *l, int code, struct error *err)
{
	struct bus *b;
	int r;

	/* they need dockerd, and their start would be its start */
	if (code >= 0 && strv_contains(&l->stopped, DOCKER_SERVICE))
		return code;
	r = code < 0 ? with_owed(l, code, err) : l->owed.count ? live_bus(l, &b, err) : 0;
	return r < 0 || l->owed.count == 0 ? r : start_dependents(l, b, err);
}

static int run(struct live *l, const struct effects *towards,
	       int (*restart)(struct live *, const struct effects *, struct error *),
	       struct error *err)
{
	int r;

	l->towards = towards;
	r = restart(l, towards, err);
	l->towards = NULL;
	return bring_back(l, r, err);
}

int run_docker_restart(struct live *l, const struct effects *towards, struct error *err)
{
	return run(l, towards, restart_service, err);
}

int run_docker_socket(struct live *l, const struct effects *towards, struct error *err)
{
	return run(l, towards, restart_socket, err);
}
