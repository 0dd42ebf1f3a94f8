#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/left-root.h"
#include "engine/effect/live.h"
#include "engine/format/daemon-info.h"
#include "engine/format/published-info.h"
#include "engine/host/ask/docker-log.h"

#define WAIT_MS 5000

/*
 * Old containers live on under a dockerd that can make no new one: the cheap sign is that its
 * networks, the default bridge above all, are gone. They are listed before each handler that ends
 * dockerd, since people make and remove networks at any other time.
 */

void networks_clear(struct live *l)
{
	for (size_t i = 0; i < l->nnetworks; i++)
		free(l->networks[i].name);
	free(l->networks);
	l->networks = NULL;
	l->nnetworks = 0;
	strv_clear(&l->lost_networks);
	free(l->networks_root);
	l->networks_root = NULL;
}

static int list_networks(struct engine_api *api, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	int r = engine_api_get(api, "/networks", &body, err);

	return r < 0 ? r : published_info_read_local(&body, ret, err);
}

/* The data root, NULL where it is not told, and whether this is a node of a swarm, which else counts as one. */
static char *data_root_of(struct engine_api *api, bool *ret_swarm)
{
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(facts_clear) struct facts facts = {0};

	*ret_swarm = true;
	if (engine_api_get(api, "/info", &body, NULL) < 0 ||
	    daemon_info_read(&body, &facts.docker, NULL) < 0)
		return NULL;
	*ret_swarm = strcmp_null(facts.docker.swarm, "inactive") != 0;
	return xstrdup_null(facts.docker.data_root);
}

/* With userns-remap dockerd has a data root of its own, "ROOT/UID.GID". */
static bool is_remapped(const char *root, const char *remapped)
{
	const char *ids = root && *root ? skip_key(remapped, root, '/') : NULL;
	size_t digits = ids ? strspn(ids, "0123456789") : 0;

	if (digits == 0 || ids[digits] != '.')
		return false;
	ids += digits + 1;
	return *ids && strspn(ids, "0123456789") == strlen(ids);
}

static void note_left(struct live *l)
{
	CLEANUP(root_close) struct root host = {.fd = -1};
	CLEANUP(freep) char *note = NULL;

	if (root_open(&host, "/", NULL) < 0)
		return;
	note = left_root_text(&host, l->networks_root);
	strv_add_once(l->effector.notes, note);
}

/*
 * Whether userns-remap was switched: networks that people made are out of view then, like images and
 * containers, which whoever switched it has consented to.
 */
static bool is_switched(struct live *l, const char *root)
{
	if (is_remapped(root, l->networks_root) && l->effector.notes)
		note_left(l);
	return is_remapped(root, l->networks_root) || is_remapped(l->networks_root, root);
}

static bool was_lost_before(const struct live *l, const char *id)
{
	for (size_t i = 0; i < l->lost_networks.count; i++)
		if (strstr(l->lost_networks.items[i], id))
			return true;
	return false;
}

/* Since docker.service was started; at another time nobody loses any. */
static void remember_lost(struct live *l)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *u = facts_add_unit(&facts, DOCKER_SERVICE);
	struct bus *b;

	if (live_bus(l, &b, NULL) >= 0 && bus_unit(b, DOCKER_SERVICE, u, NULL) >= 0)
		docker_log_lost_networks(u->started_usec, &l->lost_networks);
}

/* The API goes on to list a network that dockerd has but in its store: its log alone tells. */
int networks_check_lost(const struct live *l, struct error *err)
{
	CLEANUP(strv_clear) struct strv messages = {0};

	if (l->windows.count == 0)
		return 0;
	docker_log_lost_networks(l->windows.items[l->windows.count - 1].from, &messages);
	for (size_t i = 0; i < messages.count; i++) {
		CLEANUP(freep) char *id = docker_log_network_id(messages.items[i]);

		if (!was_lost_before(l, id))
			return error_set(err, -EIO,
					 "dockerd has lost a network, and no new container could "
					 "be made there: %s",
					 messages.items[i]);
	}
	return 0;
}

/* Whether one of them ("NETWORK: why") is a network that the container was in. */
static const char *lost_of(const struct live *l, const struct watched *w, const struct strv *lost)
{
	for (size_t i = 0; i < lost->count; i++) {
		const char *why = strstr(lost->items[i], ": ");
		CLEANUP(freep)
		char *pair =
			xasprintf("%.*s %s", (int)(why - lost->items[i]), lost->items[i], w->id);

		if (strv_contains(&l->attached, pair))
			return lost->items[i];
	}
	return NULL;
}

char *restart_advice(struct live *l, const struct watched *w, const char *when)
{
	CLEANUP(facts_clear) struct facts now = {0};
	const char *lost = NULL;

	if (live_look(l, &now, NULL) >= 0)
		lost = lost_of(l, w, &now.docker.lost_networks);
	if (!lost)
		return xasprintf("once %s, 'docker restart %s'", when, w->name);
	return xasprintf(LOST_NETWORK_ADVICE, lost, w->name);
}

/* What was found missing after an earlier handler is still owed. */
void networks_remember(struct live *l, struct engine_api *api)
{
	CLEANUP(strv_clear) struct strv names = {0};
	bool swarm;

	if (list_networks(api, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < l->nnetworks; i++)
		if (l->networks[i].missing)
			strv_add_once(&names, l->networks[i].name);
	networks_clear(l);
	remember_lost(l);
	l->networks_root = data_root_of(api, &swarm);
	for (size_t i = 0; i < names.count; i++) {
		struct known_network *n =
			array_append(&l->networks, &l->nnetworks, sizeof(*l->networks));

		n->name = xstrdup(names.items[i]);
	}
}

/* Whether a container that lives on was in it. */
static bool was_used(struct live *l, const char *network)
{
	for (size_t i = 0; i < l->attached.count; i++) {
		const char *container = skip_key(l->attached.items[i], network, ' ');

		if (container && watched_find(l, container))
			return true;
	}
	return false;
}

/*
 * Somebody removes a network at any time, and dockerd forgets who when it ends itself: one that is
 * not its own and that nothing was in is told of. What it cannot make again its log tells.
 */
static bool may_be_removed(struct live *l, const char *network, bool swarm)
{
	CLEANUP(freep) char *note = NULL;

	if (network_is_made_at_start(network, swarm) || was_used(l, network))
		return false;
	note = xasprintf("the network '%s', which no container was in, is not there any more",
			 network);
	if (l->effector.notes)
		strv_add_once(l->effector.notes, note);
	return true;
}

/* Whether it is gone, and is missed. */
static bool is_lost(struct live *l, const char *network, const struct strv *names, bool switched,
		    bool swarm)
{
	if (strv_contains(names, network))
		return false;
	return !(switched && !network_is_made_at_start(network, swarm)) &&
	       !may_be_removed(l, network, swarm);
}

static int check(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(strv_clear) struct strv names = {0}, missing = {0};
	CLEANUP(freep) char *list = NULL, *root = NULL;
	int r = live_api_open(l, &api, err);
	bool switched, swarm;

	if (r >= 0)
		r = list_networks(api, &names, err);
	if (r < 0)
		return r;
	root = data_root_of(api, &swarm);
	switched = is_switched(l, root);
	for (size_t i = 0; i < l->nnetworks; i++) {
		struct known_network *n = &l->networks[i];

		n->missing = is_lost(l, n->name, &names, switched, swarm);
		if (n->missing)
			strv_add(&missing, n->name);
	}
	if (missing.count == 0)
		return 0;
	list = strv_join(&missing, ", ");
	return error_set(err, -EIO,
			 "dockerd has lost the %s %s: no new container could be made there",
			 missing.count == 1 ? "network" : "networks", list);
}

int networks_wait(struct live *l, struct error *err)
{
	return l->nnetworks == 0 ? 0 : live_wait_until_well(l, check, NULL, WAIT_MS, err);
}

static bool live_restore_is_on(struct engine_api *api)
{
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	const struct setting *s;

	if (engine_api_get(api, "/info", &body, NULL) < 0 ||
	    daemon_info_read(&body, &facts.docker, NULL) < 0)
		return false;
	s = settings_find(&facts.docker.now, "live-restore");
	return s && strcmp_null(s->value, "true") == 0;
}

void live_window_begin(struct live *l)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	bool live = false;

	if (live_api_open(l, &api, NULL) >= 0) {
		live = live_restore_is_on(api);
		state_remember(l, api);
		networks_remember(l, api);
		attached_remember(l, api);
		ports_remember(l);
	}
	windows_begin(&l->windows, clock_usec(CLOCK_REALTIME), live);
}

void live_window_end(struct live *l)
{
	windows_end(&l->windows, clock_usec(CLOCK_REALTIME));
}
