#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/live.h"
#include "engine/effect/restart-gate.h"
#include "engine/format/container-info.h"
#include "engine/format/published-info.h"
#include "engine/host/ask/docker-log.h"

#define WAIT_MS 5000

/*
 * A process that lives on is not a container that does: one that dockerd could not take over at its
 * start (its log cannot be reached, ...) has lost its networks and ports, and can be neither entered
 * nor stopped, though it is listed as running. Its inspect tells the old addresses (20.10, 26.1); the
 * networks' own lists tell the truth, and so does dockerd's log.
 */

void attached_clear(struct live *l)
{
	strv_clear(&l->attached);
	strv_clear(&l->given_up);
}

/* "NETWORK ID" of all that are attached to networks of this host. */
static int list_attached(struct engine_api *api, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	int r = engine_api_get(api, "/networks", &body, err);

	if (r >= 0)
		r = published_info_read_local(&body, &names, err);
	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf("/networks/%s", names.items[i]);
		CLEANUP(buf_clear) struct buf network = {0};
		CLEANUP(strv_clear) struct strv ids = {0};

		r = engine_api_get(api, path, &network, err);
		if (r >= 0)
			r = published_info_read_attached(&network, &ids, err);
		else if (r == -ENOENT)
			r = 0; /* removed since it was listed */
		for (size_t k = 0; r >= 0 && k < ids.count; k++)
			strv_addf(ret, "%s %s", names.items[i], ids.items[k]);
	}
	return r;
}

/* Before each handler that ends dockerd; what an earlier one took away is owed all the same. */
void attached_remember(struct live *l, struct engine_api *api)
{
	CLEANUP(strv_clear) struct strv now = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *u = facts_add_unit(&facts, DOCKER_SERVICE);
	struct bus *b;

	if (list_attached(api, &now, NULL) >= 0)
		for (size_t i = 0; i < now.count; i++)
			strv_add_once(&l->attached, now.items[i]);
	if (l->windows.count == 0 && live_bus(l, &b, NULL) >= 0 &&
	    bus_unit(b, DOCKER_SERVICE, u, NULL) >= 0)
		docker_log_given_up(u->started_usec, &l->given_up);
}

/* Somebody detaches a container at any time: then it has no such network any more by its own word. */
static bool was_detached(struct engine_api *api, const char *id, const char *network)
{
	CLEANUP(container_clear) struct container c;
	int r = watched_inspect(api, id, &c, NULL);

	return r == -ENOENT || (r >= 0 && !strv_contains(&c.networks, network));
}

static int complain(struct live *l, const struct watched *w, const char *lost, struct error *err)
{
	CLEANUP(freep) char *advice = restart_advice(l, w, "what it needs is there");

	return error_set(
		err, -EIO,
		"the container '%s' runs on, but dockerd could not take it over at its "
		"start (%s): it has lost its networks and ports, and cannot be entered; %s",
		w->name, lost, advice);
}

/* The plan named it. */
static void tell(struct live *l, struct watched *w)
{
	CLEANUP(freep) char *advice = NULL;

	if (w->told || !l->effector.notes)
		return;
	w->told = true;
	advice = restart_advice(l, w, "what its log goes to is there");
	strv_addf(l->effector.notes,
		  "the container '%s' runs on without its networks and ports, as was announced; %s",
		  w->name, advice);
}

static int judge(struct live *l, const struct stopped_list *may_stop, struct watched *w,
		 const char *lost, struct error *err)
{
	/* as one that is stopped or as one that is cut off */
	if (container_is_named(may_stop, w->name) ||
	    (may_stop && stopped_find(may_stop, w->name))) {
		tell(l, w);
		return 0;
	}
	return complain(l, w, lost, err);
}

static int check_networks(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(strv_clear) struct strv now = {0};
	int r = live_api_open(l, &api, err);

	if (r >= 0)
		r = list_attached(api, &now, err);
	for (size_t i = 0; r >= 0 && i < l->attached.count; i++) {
		const char *pair = l->attached.items[i], *id = strchr(pair, ' ') + 1;
		struct watched *w = watched_find(l, id);
		CLEANUP(freep) char *network = xstrndup(pair, (size_t)(id - pair) - 1);
		CLEANUP(freep)
		char *lost = xasprintf("it is not in the network '%s' any more", network);

		if (w && !strv_contains(&now, pair) && !was_detached(api, id, network))
			r = judge(l, may_stop, w, lost, err);
	}
	return r;
}

static bool was_given_up(const struct live *l, const char *id)
{
	for (size_t i = 0; i < l->given_up.count; i++)
		if (starts_with(l->given_up.items[i], id))
			return true;
	return false;
}

/* Says more than the networks do, and also of a container that has none of its own. */
int attached_check_log(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(strv_clear) struct strv now = {0};
	int r = 0;

	if (l->windows.count == 0)
		return 0;
	docker_log_given_up(l->windows.items[0].from, &now);
	for (size_t i = 0; r >= 0 && i < now.count; i++) {
		size_t n = strcspn(now.items[i], ":");
		CLEANUP(freep) char *id = xstrndup(now.items[i], n);
		struct watched *w = watched_find(l, id);

		/* whom it gave up before it gives up again */
		if (w && !was_given_up(l, id))
			r = judge(l, may_stop, w, now.items[i] + n + 2, err);
	}
	return r;
}

int attached_wait(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	int r = attached_check_log(l, may_stop, err);

	if (r < 0 || l->attached.count == 0)
		return r;
	return live_wait_until_well(l, check_networks, may_stop, WAIT_MS, err);
}
