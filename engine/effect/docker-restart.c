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

/* Start counts of earlier restarts count, too: the fourth within a minute would fail. */
static int reset_both(struct bus *b, struct error *err)
{
	int r = bus_reset_failed(b, DOCKER_SERVICE, err);

	return r < 0 ? r : bus_reset_failed(b, DOCKER_SOCKET, err);
}

static int ensure_active(struct live *l, struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = bus_active_state(b, unit, &state, err);

	if (r < 0 || is(state, "active"))
		return r;
	return bus_job(b, BUS_START, unit, RESTART_TIMEOUT_MS, l->effector.interrupt, err);
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

/* What ought to run afterwards; both units may be started as often as it takes. */
static int ready(struct live *l, struct bus **ret_bus, bool *ret_service, bool *ret_socket,
		 struct error *err)
{
	int r = live_bus(l, ret_bus, err);

	if (r >= 0)
		r = ought_to_run(*ret_bus, DOCKER_SERVICE, l, l->docker_ran, ret_service, err);
	if (r >= 0)
		r = ought_to_run(*ret_bus, DOCKER_SOCKET, l, l->socket_listened, ret_socket, err);
	return r < 0 ? r : reset_both(*ret_bus, err);
}

int run_docker_restart(struct live *l, const struct effects *towards, struct error *err)
{
	bool service, socket;
	uint64_t since;
	struct bus *b;
	int r = ready(l, &b, &service, &socket, err);

	since = clock_usec(CLOCK_REALTIME);
	if (r >= 0 && service) {
		r = bus_job(b, BUS_RESTART, DOCKER_SERVICE, RESTART_TIMEOUT_MS,
			    l->effector.interrupt, err);
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
	r = bus_job(b, BUS_RESTART, DOCKER_SOCKET, RESTART_TIMEOUT_MS, l->effector.interrupt, err);
	if (r >= 0 && service)
		r = ensure_active(l, b, DOCKER_SERVICE, err);
	if (r < 0)
		return with_last_words(r, since, err);
	return service ? answers(l, towards, err) : 0;
}
