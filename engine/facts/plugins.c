#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/json-util.h"
#include "engine/format/log-options.h"
#include "engine/format/network-info.h"
#include "engine/format/plugin-spec.h"
#include "engine/host/read/observe.h"

/*
 * Plugins that dockerd's start asks: of volumes, networks and logs whose driver is none of its own.
 * Of one that does not answer it tries again for 15 s, each time that it looks it up (measured with
 * 20.10, 26.1 and 28.5), and its containers are not served meanwhile. Nobody connects here: that
 * could start something, or hang. Of a socket whose listener cannot be told nobody knows.
 */

/* The things of one kind that are of one plugin. */
struct use {
	const char *kind; /* "volume" */
	char *driver;
	struct strv names;
};

struct uses {
	struct use *items;
	size_t count;
};

static void uses_clear(struct uses *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->items[i].driver);
		strv_clear(&u->items[i].names);
	}
	free(u->items);
	*u = (struct uses){0};
}

static bool is_docker_own(const char *kind, const char *driver)
{
	static const char *const networks[] = {"bridge",  "host",   "null",   "none",
					       "macvlan", "ipvlan", "overlay"};

	if (strcmp(kind, "log") == 0)
		return strcmp(driver, "none") == 0 || log_driver_find(driver);
	if (strcmp(kind, "volume") == 0)
		return strcmp(driver, "local") == 0;
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if (strcmp(driver, networks[i]) == 0)
			return true;
	return false;
}

static void take(struct uses *all, const char *kind, const char *driver, const char *name)
{
	struct use *u = NULL;

	if (!driver || !*driver || !name || is_docker_own(kind, driver))
		return;
	for (size_t i = 0; i < all->count && !u; i++)
		if (strcmp(all->items[i].kind, kind) == 0 &&
		    strcmp(all->items[i].driver, driver) == 0)
			u = &all->items[i];
	if (!u) {
		u = array_append(&all->items, &all->count, sizeof(*u));
		*u = (struct use){.kind = kind, .driver = xstrdup(driver)};
	}
	strv_add_once(&u->names, name);
}

void plugin_things_clear(struct plugin_things *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->items[i].driver);
		free(v->items[i].name);
	}
	free(v->items);
	*v = (struct plugin_things){0};
}

static void add_thing(struct plugin_things *v, const char *driver, const char *name)
{
	struct plugin_thing *one = array_append(&v->items, &v->count, sizeof(*one));

	one->driver = xstrdup(driver);
	one->name = xstrdup(name);
}

void plugins_take_volumes(struct gather *g, const struct buf *body)
{
	CLEANUP(json_decrefp) json_t *answer = json_loadb(buf_str(body), body->len, 0, NULL);
	const json_t *volumes = json_object_get(answer, "Volumes");

	for (size_t i = 0; i < json_array_size(volumes); i++) {
		const json_t *v = json_array_get(volumes, i);
		const char *driver = json_text_of(v, "Driver"), *name = json_text_of(v, "Name");

		if (driver && name && !is_docker_own("volume", driver))
			add_thing(&g->plugin_volumes, driver, name);
	}
}

void plugins_take_networks(struct gather *g, const struct networks *networks)
{
	for (size_t i = 0; i < networks->count; i++)
		if (networks->items[i].driver && networks->items[i].name)
			add_thing(&g->plugin_networks, networks->items[i].driver,
				  networks->items[i].name);
}

static bool names_plugins(const char *key)
{
	return strcmp(key, "authorization-plugins") == 0 || strcmp(key, "log-driver") == 0;
}

static bool plugins_wait(const struct docker_facts *d)
{
	for (size_t i = 0; i < d->nwaiting; i++)
		if (names_plugins(d->waiting[i].key))
			return true;
	return false;
}

static void find_uses(struct gather *g, struct uses *ret)
{
	struct containers all;

	for (size_t i = 0; i < g->plugin_volumes.count; i++)
		take(ret, "volume", g->plugin_volumes.items[i].driver,
		     g->plugin_volumes.items[i].name);
	for (size_t i = 0; i < g->plugin_networks.count; i++)
		take(ret, "network", g->plugin_networks.items[i].driver,
		     g->plugin_networks.items[i].name);
	for (size_t i = 0; containers_get(&g->facts->docker.containers, &all) && i < all.count; i++)
		take(ret, "log", all.items[i].log_driver, container_label(&all.items[i]));
}

/* One that dockerd keeps itself and starts itself; NULL: none of that name, or it is not told. */
static const json_t *managed(const json_t *plugins, const char *driver)
{
	CLEANUP(freep) char *latest = xasprintf("%s:latest", driver);

	for (size_t i = 0; i < json_array_size(plugins); i++) {
		const json_t *p = json_array_get(plugins, i);
		const char *name = json_text_of(p, "Name");

		if (name && (strcmp(name, driver) == 0 || strcmp(name, latest) == 0))
			return p;
	}
	return NULL;
}

static char *address_in(const struct gather *g, const char *path)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (!path_exists(g, path) || observe_content(g->root, path, &text, NULL) < 0)
		return NULL;
	return plugin_spec_address(path, &text);
}

/* Where dockerd looks for one, in its order; the caller frees it. NULL: nowhere. */
static char *address_of(const struct gather *g, const char *driver)
{
	CLEANUP(strv_clear) struct strv sockets = {0}, specs = {0};
	char *address = NULL;

	plugin_sockets(driver, &sockets);
	plugin_specs(driver, &specs);
	for (size_t i = 0; i < sockets.count; i++)
		if (path_exists(g, sockets.items[i]))
			return xasprintf(PLUGIN_UNIX "%s", sockets.items[i]);
	for (size_t i = 0; i < specs.count && !address; i++)
		address = address_in(g, specs.items[i]);
	return address;
}

/* Why nobody may answer there while dockerd starts; NULL: somebody does. The caller frees it. */
static char *socket_doubt(struct gather *g, const char *path)
{
	const struct strv *inodes = socket_file_inodes(g, dockerds_pid(g), path);
	CLEANUP(freep) char *lost = NULL;
	struct containers all = {0};

	if (!containers_get(&g->facts->docker.containers, &all))
		all = (struct containers){0};
	if (inodes->count == 0)
		return xasprintf("may not answer then (no process was found that listens on '%s')",
				 path);
	lost = holders_lost(g, &all, inodes);
	return lost ? xasprintf("may not answer then ('%s' is a socket that %s)", path, lost)
		    : NULL;
}

/* Why it may not answer; NULL: it does. *ret_sure: it does not. The caller frees it. */
static char *doubt(struct gather *g, const json_t *plugins, const char *driver, bool *ret_sure)
{
	const json_t *own = managed(plugins, driver);
	CLEANUP(freep) char *address = NULL;

	*ret_sure = plugins != NULL;
	if (own)
		return json_is_false(json_object_get(own, "Enabled"))
			       ? xstrdup("is disabled ('docker plugin enable' has it back)")
			       : NULL;
	if (strchr(driver, '/'))
		return xstrdup("is not there (docker plugin ls)");
	address = address_of(g, driver);
	if (!address)
		return xstrdup("is not there (no socket of it in /run/docker/plugins, and no .spec "
			       "or .json in /etc/docker/plugins)");
	*ret_sure = false;
	if (starts_with(address, "unix://"))
		return socket_doubt(g, address + strlen("unix://"));
	return xasprintf("is at %s: whether it answers is not known", address);
}

#define WAITS_S 15

/* dockerd lists volumes in any order, and a consent is to these words. */
static void tell(struct gather *g, struct use *u, const char *why)
{
	strv_sort(&u->names);
	bool one = u->names.count == 1, logs = strcmp(u->kind, "log") == 0;
	CLEANUP(freep) char *names = strv_join(&u->names, ", ");

	g->facts->docker.start_waits_s += WAITS_S;
	strv_addf(&g->facts->docker.restart_brings,
		  "%s%s %s %s of plugin %s, which %s: dockerd's start waits %d s and more for %s; "
		  "have the plugin up first",
		  logs ? "the logs of container" : u->kind, one ? "" : "s", names,
		  one && !logs ? "is" : "are", u->driver, why, WAITS_S, one ? "it" : "each");
}

/* What waits in the config file, by the plugin that dockerd would look for then. */
static void judge(struct gather *g, struct waiting_key *w, const json_t *plugins, const char *name)
{
	bool decides = strcmp(w->key, "log-driver") != 0, sure;
	CLEANUP(freep) char *why = NULL, *was = NULL;

	if (!decides &&
	    (strv_contains(&g->facts->docker.log_drivers, name) || is_docker_own("log", name)))
		return;
	why = doubt(g, plugins, name, &sure);
	if (!why)
		return;
	was = TAKE_PTR(w->brings);
	w->brings = xasprintf("%s; plugin '%s' %s: without it %s", was, name, why,
			      decides ? "dockerd gives up some 15 s after it looked for it"
				      : "no container starts");
	if (sure)
		w->harm = decides ? WAITING_NO_DOCKERD : WAITING_NO_CONTAINERS;
}

static void judge_waiting(struct gather *g, const json_t *plugins)
{
	for (size_t i = 0; i < g->facts->docker.nwaiting; i++) {
		struct waiting_key *w = &g->facts->docker.waiting[i];
		const struct setting *next = settings_find(&g->facts->docker.next, w->key);
		CLEANUP(json_decrefp) json_t *names = NULL;
		CLEANUP(strv_clear) struct strv all = {0};

		if (!next || !next->value || !names_plugins(w->key))
			continue;
		names = json_loads(next->value, JSON_DECODE_ANY, NULL);
		if (json_is_string(names))
			strv_add(&all, json_string_value(names));
		json_take_strings(names, &all);
		for (size_t k = 0; k < all.count; k++)
			judge(g, w, plugins, all.items[k]);
	}
}

void gather_plugins(struct gather *g)
{
	CLEANUP(uses_clear) struct uses all = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(json_decrefp) json_t *plugins = NULL;

	if (!g->api || !restart_is_possible(g))
		return;
	find_uses(g, &all);
	if ((all.count > 0 || plugins_wait(&g->facts->docker)) &&
	    engine_api_get(g->api, "/plugins", &body, NULL) >= 0)
		plugins = json_loadb(buf_str(&body), body.len, 0, NULL);
	for (size_t i = 0; i < all.count; i++) {
		bool sure;
		CLEANUP(freep) char *why = doubt(g, plugins, all.items[i].driver, &sure);

		if (why)
			tell(g, &all.items[i], why);
	}
	judge_waiting(g, plugins);
}
