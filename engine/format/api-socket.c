#include "engine/format/api-socket.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/url-host.h"

#define UNIX "unix://"
#define SOCKET "docker.socket"

static const char *const usual[] = {"/run/docker.sock", "/var/run/docker.sock"};

/* What the next start would listen on; none: dockerd's own default, which is its own socket. */
static void hosts_of(const struct facts *f, struct strv *ret)
{
	const struct setting *s = settings_find(&f->docker.next, "hosts");

	url_hosts_read(s ? s->value : NULL, ret);
}

/* dockerd makes it, unless it is handed all that it listens on (fd://). */
static bool is_dockerds(const struct strv *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (starts_with(hosts->items[i], UNIX))
			return true;
	return hosts->count == 0;
}

static bool is_systemds(const struct strv *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (starts_with(hosts->items[i], "fd://"))
			return true;
	return false;
}

char *api_socket_group(const struct facts *f)
{
	const struct unit_facts *socket = facts_unit(f, SOCKET);
	const struct setting *s = settings_find(&f->docker.next, "group");
	CLEANUP(strv_clear) struct strv hosts = {0};

	hosts_of(f, &hosts);
	if (is_systemds(&hosts))
		return socket && socket->listen_group && *socket->listen_group
			       ? xstrdup(socket->listen_group)
			       : NULL;
	return s && s->value && s->source != SOURCE_DEFAULT ? json_value_to_string(s->value) : NULL;
}

static void paths_of(const struct strv *hosts, struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		strv_add(ret, usual[i]);
	for (size_t i = 0; i < hosts->count; i++)
		if (starts_with(hosts->items[i], UNIX "/"))
			strv_add_once(ret, skip_prefix(hosts->items[i], UNIX));
}

static bool mounts_one_of(const struct container *c, const struct strv *paths)
{
	for (size_t i = 0; i < c->nmounts; i++)
		if (c->mounts[i].source && strv_contains(paths, c->mounts[i].source))
			return true;
	return false;
}

/* What was found when the facts were gathered: docker.socket's own, and where the running dockerd listens. */
static void add_found(const struct facts *f, struct strv *ret)
{
	const struct place *p = facts_place(f, "api-socket");

	for (size_t i = 0; p && i < p->paths.count; i++)
		strv_add_once(ret, p->paths.items[i]);
	for (size_t i = 0; p && i < p->ways.count; i++)
		strv_add_once(ret, p->ways.items[i]);
}

void api_socket_paths(const struct facts *f, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv hosts = {0};

	hosts_of(f, &hosts);
	paths_of(&hosts, ret);
	add_found(f, ret);
}

bool api_socket_is_made_anew(const struct facts *f, unsigned handlers)
{
	CLEANUP(strv_clear) struct strv hosts = {0};

	if (!(handlers & HANDLERS_RESTART))
		return false;
	hosts_of(f, &hosts);
	return (handlers & HANDLER_BIT(HANDLER_DOCKER_SOCKET) && is_systemds(&hosts)) ||
	       (handlers & HANDLERS_RESTART && is_dockerds(&hosts));
}

const char *api_socket_cut_off(const struct facts *f, unsigned handlers, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	struct containers all;

	if (!api_socket_is_made_anew(f, handlers))
		return NULL;
	if (!containers_get(&f->docker.containers, &all))
		return containers_why(&f->docker.containers);
	api_socket_paths(f, &paths);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running && mounts_one_of(&all.items[i], &paths))
			strv_add(ret, container_label(&all.items[i]));
	return NULL;
}

bool api_socket_stays(const char *hosts)
{
	static const char *const ways[] = {"fd://", UNIX, UNIX "/run/docker.sock",
					   UNIX "/var/run/docker.sock"};
	CLEANUP(strv_clear) struct strv all = {0};

	url_hosts_read(hosts, &all);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (strv_contains(&all, ways[i]))
			return true;
	return all.count == 0;
}
