#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/live.h"
#include "engine/host/ask/docker-log.h"
#include "engine/host/read/shims.h"
#include "engine/host/write/bus-job.h"

#define PING_TIMEOUT_MS 10000

static bool is(const char *state, const char *wanted)
{
	return strcmp(state, wanted) == 0;
}

/*
 * Whether the unit ought to run: as it was when the effector was told to remember; without that
 * (recovery after a crash) as it is. A start that failed leaves "failed" or "activating" behind, as a
 * rule (see was_lost()), so that still says that it ran.
 */
static int ought_to_run(struct bus *b, const char *unit, const struct live *l, bool remembered,
			bool *ret, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, unit, &state, err);

	*ret = l->remembered ? remembered : r >= 0 && !is(state, "inactive");
	return r;
}

/*
 * A unit that was masked while it started is inactive afterwards (seen with systemd 252). Containers
 * that have processes yet, without a dockerd, say that it is to come back.
 */
static int was_lost(const struct live *l, bool *service, struct error *err)
{
	CLEANUP(strv_clear) struct strv shims = {0};
	int r;

	if (l->remembered || *service)
		return 0;
	r = shims_find(&shims, err);
	*service = shims.count > 0;
	return r;
}

static int ensure_active(struct live *l, struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, unit, &state, err);

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
	int r = engine_api_open(&api, ENGINE_API_SOCKET, err);

	if (r >= 0)
		r = docker_wait_ping(api, PING_TIMEOUT_MS, l->effector.interrupt, err);
	if (r >= 0)
		r = docker_confirm(api, towards, err);
	return r == 0 ? -EIO : r < 0 ? r : 0;
}

/*
 * Units that went down with dockerd. systemd starts them again itself, as a rule; those that it does
 * not, because their start failed or they were only stopped, are started here.
 */
static int start_dependents(struct bus *b, const struct strv *units, struct error *err)
{
	CLEANUP(error_clear) struct error first = {0};
	int code = 0;

	for (size_t i = 0; i < units->count; i++) {
		CLEANUP(error_clear) struct error why = {0};
		int r = live_start_again(b, units->items[i], &why);

		if (r < 0 && code == 0)
			code = error_set(&first, r, "'%s' went down with dockerd: %s",
					 units->items[i], error_text(&why));
	}
	if (code < 0)
		error_move(err, &first);
	return code;
}

/* Those that run now; to be asked before. Not dockerd's own two, which have their own way. */
static int running_dependents(struct live *l, struct bus *b, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv own = {0};
	int r = bus_dependents(b, DOCKER_SERVICE, ret, err);

	if (r >= 0)
		r = bus_dependents(b, DOCKER_SOCKET, ret, err);
	if (r >= 0)
		r = bus_related(b, DOCKER_SERVICE, "Names", &own, err);
	if (r >= 0)
		r = bus_related(b, DOCKER_SOCKET, "Names", &own, err);
	for (size_t i = ret->count; i > 0; i--)
		if (strv_contains(&own, ret->items[i - 1]))
			strv_remove(ret, i - 1);
	for (size_t i = 0; i < ret->count; i++)
		strv_add_once(&l->went_down, ret->items[i]);
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
		r = ought_to_run(*ret_bus, DOCKER_SERVICE, l, l->docker_ran, ret_service, err);
	if (r >= 0)
		r = was_lost(l, ret_service, err);
	if (r >= 0)
		r = ought_to_run(*ret_bus, DOCKER_SOCKET, l, l->socket_listened, ret_socket, err);
	return r;
}

int run_docker_restart(struct live *l, const struct effects *towards, struct error *err)
{
	CLEANUP(strv_clear) struct strv dependents = {0};
	CLEANUP(before_clear) struct before before = {0};
	bool service, socket;
	struct bus *b;
	int r = ready(l, &b, &service, &socket, err);

	if (r >= 0)
		before = before_restart(b);
	if (r >= 0 && service)
		r = running_dependents(l, b, &dependents, err);
	if (r >= 0 && service) {
		r = live_docker_job(l, BUS_RESTART, DOCKER_SERVICE, err);
		if (r < 0)
			return with_last_words(r, &before, err);
	}
	if (r >= 0 && socket)
		r = ensure_active(l, b, DOCKER_SOCKET, err);
	if (r >= 0 && service)
		r = answers(l, towards, err);
	return r < 0 ? r : start_dependents(b, &dependents, err);
}

/*
 * docker.socket cannot be started while docker.service holds its socket, so systemd stops both
 * and starts both: docker.service requires docker.socket, and one restart job takes both along.
 */
int run_docker_socket(struct live *l, const struct effects *towards, struct error *err)
{
	CLEANUP(strv_clear) struct strv dependents = {0};
	CLEANUP(before_clear) struct before before = {0};
	bool service, socket;
	struct bus *b;
	int r = ready(l, &b, &service, &socket, err);

	if (r < 0 || !socket)
		return r;
	before = before_restart(b);
	r = running_dependents(l, b, &dependents, err);
	if (r >= 0)
		r = live_docker_job(l, BUS_RESTART, DOCKER_SOCKET, err);
	if (r >= 0 && service)
		r = ensure_active(l, b, DOCKER_SERVICE, err);
	if (r < 0)
		return with_last_words(r, &before, err);
	r = service ? answers(l, towards, err) : 0;
	return r < 0 ? r : start_dependents(b, &dependents, err);
}
