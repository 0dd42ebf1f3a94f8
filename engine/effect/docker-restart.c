#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/docker-log.h"
#include "engine/effect/live.h"
#include "engine/host/bus-job.h"

#define PING_TIMEOUT_MS 10000

static bool is(const char *state, const char *wanted)
{
	return strcmp(state, wanted) == 0;
}

/*
 * Whether the unit ought to run: as it was when the effector was told to remember; without that
 * (recovery after a crash) as it is. A start that failed leaves "failed" or "activating" behind,
 * never "inactive", so that still says that it ran.
 */
static int ought_to_run(struct bus *b, const char *unit, const struct live *l, bool remembered,
			bool *ret, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, unit, &state, err);

	*ret = l->remembered ? remembered : r >= 0 && !is(state, "inactive");
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

/* systemd only says that the process exited; dockerd's own last line says why. */
static int with_last_words(int code, uint64_t since, struct error *err)
{
	CLEANUP(freep) char *words = NULL;

	if (code == -ECONNRESET || code == -EINTR)
		return code;
	words = docker_log_last_words(since);
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
		r = ought_to_run(*ret_bus, DOCKER_SOCKET, l, l->socket_listened, ret_socket, err);
	return r;
}

int run_docker_restart(struct live *l, const struct effects *towards, struct error *err)
{
	bool service, socket;
	uint64_t since;
	struct bus *b;
	int r = ready(l, &b, &service, &socket, err);

	since = clock_usec(CLOCK_REALTIME);
	if (r >= 0 && service) {
		r = live_docker_job(l, BUS_RESTART, DOCKER_SERVICE, err);
		if (r < 0)
			return with_last_words(r, since, err);
	}
	if (r >= 0 && socket)
		r = ensure_active(l, b, DOCKER_SOCKET, err);
	return r < 0 || !service ? r : answers(l, towards, err);
}

/*
 * docker.socket cannot be started while docker.service holds its socket, so systemd stops both
 * and starts both: docker.service requires docker.socket, and one restart job takes both along.
 */
int run_docker_socket(struct live *l, const struct effects *towards, struct error *err)
{
	bool service, socket;
	uint64_t since;
	struct bus *b;
	int r = ready(l, &b, &service, &socket, err);

	if (r < 0 || !socket)
		return r;
	since = clock_usec(CLOCK_REALTIME);
	r = live_docker_job(l, BUS_RESTART, DOCKER_SOCKET, err);
	if (r >= 0 && service)
		r = ensure_active(l, b, DOCKER_SERVICE, err);
	if (r < 0)
		return with_last_words(r, since, err);
	return service ? answers(l, towards, err) : 0;
}
