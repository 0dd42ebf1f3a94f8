#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/model/unit-states.h"

/* Whether systemd listens for docker.service, by docker.socket or by another unit of its kind. */
static int is_listened_for(struct bus *b, bool *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv sockets = {0};
	int r = bus_related(b, DOCKER_SERVICE, "TriggeredBy", &sockets, err);

	strv_add_once(&sockets, DOCKER_SOCKET);
	for (size_t i = 0; i < sockets.count && r >= 0; i++) {
		CLEANUP(freep) char *state = NULL;

		r = bus_active_state(b, sockets.items[i], &state, err);
		*ret |= r >= 0 && unit_is_up(state);
	}
	return r;
}

/*
 * Before each connection: dockerd may go down between two questions, too. Where systemd does not listen, a
 * connection starts nobody, and a dockerd of another unit may answer.
 */
static int may_connect(void *data, struct error *err)
{
	struct live *l = data;
	CLEANUP(freep) char *state = NULL;
	bool listens = false;
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r >= 0)
		r = bus_active_state(b, DOCKER_SERVICE, &state, err);
	if (r >= 0 && !unit_runs(state))
		r = is_listened_for(b, &listens, err);
	live_bus_lost(l, r);
	if (r < 0 || unit_runs(state) || !listens)
		return r;
	return error_set(err, -ECONNREFUSED,
			 "docker.service is %s: dockerd is not asked, which would start it", state);
}

int live_api_open(struct live *l, struct engine_api **ret, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = may_connect(l, err);

	if (r >= 0)
		r = engine_api_open(&api, ENGINE_API_SOCKET, err);
	if (r < 0)
		return r;
	engine_api_guard(api, may_connect, l);
	*ret = TAKE_PTR(api);
	return 0;
}
