#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/sockets.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/unit-specifiers.h"
#include "engine/format/url-host.h"
#include "engine/host/ask/engine-api.h"
#include "engine/host/read/proc.h"

#define UNIX "unix://"

/*
 * Whoever reaches one of these sockets is root on the host. Where they are is said in several places, each of
 * which counts, and what runs may listen where none of them says so any more.
 */

static void add_file(const char *path, struct strv *ret)
{
	if (path[0] == '/')
		strv_add_once(ret, path);
}

static void add_hosts(const struct settings *s, struct strv *ret)
{
	const struct setting *hosts = settings_find(s, "hosts");
	CLEANUP(strv_clear) struct strv all = {0};

	url_hosts_read(hosts ? hosts->value : NULL, &all);
	for (size_t i = 0; i < all.count; i++)
		if (starts_with(all.items[i], UNIX))
			add_file(skip_prefix(all.items[i], UNIX), ret);
}

/* A path of docker.socket, or of its like: systemd listens there, and hands it to dockerd. */
static void add_streams(const struct gather *g, const struct unit_facts *u, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv streams = {0};

	unit_assignments(g, u, "Socket/ListenStream", &streams);
	for (size_t i = 0; i < streams.count; i++) {
		CLEANUP(freep) char *path = unit_specifiers_put(streams.items[i], u->name);

		if (path)
			add_file(path, ret);
	}
}

void api_socket_files(const struct gather *g, struct strv *ret)
{
	const struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; i < g->facts->nunits; i++)
		if (unit_opens_api(&g->facts->units[i]))
			add_streams(g, &g->facts->units[i], ret);
	add_file(ENGINE_API_SOCKET, ret);
	add_hosts(&d->now, ret);
	add_hosts(&d->next, ret);
	for (size_t i = 0; i < d->api_sockets.count; i++)
		add_file(d->api_sockets.items[i], ret);
}

/* containerd makes a twin of each for its shims. */
static void add_twins(const char *path, struct strv *ret)
{
	CLEANUP(freep) char *twin = xasprintf("%s.ttrpc", path);

	add_file(path, ret);
	add_file(twin, ret);
}

/* Where dockerd is told to look for one ("containerd"), or has one of its own ("exec-root"). */
static void add_told(const struct settings *s, struct strv *ret)
{
	const struct setting *address = settings_find(s, "containerd"),
			     *root = settings_find(s, "exec-root");
	CLEANUP(freep)
	char *path = address && address->value ? json_value_to_string(address->value) : NULL;
	CLEANUP(freep) char *below = root && root->value ? json_value_to_string(root->value) : NULL;

	if (path && *path)
		add_twins(starts_with(path, UNIX) ? skip_prefix(path, UNIX) : path, ret);
	if (below && *below) {
		CLEANUP(freep) char *own = xasprintf("%s/containerd/containerd.sock", below);

		add_twins(own, ret);
	}
}

/* Those of the one that runs as a service, whatever its config file says. */
static int add_running(const struct gather *g, struct strv *ret, struct error *err)
{
	const struct unit_facts *u = facts_unit(g->facts, "containerd.service");
	CLEANUP(strv_clear) struct strv inodes = {0}, paths = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *table = NULL;
	int r;

	if (g->facts->offline || !u || u->main_pid <= 0)
		return 0;
	table = xasprintf("/proc/%d/net/unix", (int)u->main_pid);
	r = sockets_of(g, u->main_pid, &inodes, err);
	if (r >= 0)
		r = proc_read(table, &text, err);
	if (r < 0)
		return r;
	unix_listeners(buf_str(&text), &inodes, NULL, &paths);
	for (size_t i = 0; i < paths.count; i++)
		add_file(paths.items[i], ret);
	return 0;
}

int containerd_socket_files(const struct gather *g, struct strv *ret, struct error *err)
{
	static const char *const usual[] = {"/run/containerd/containerd.sock",
					    "/run/docker/containerd/containerd.sock"};

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		add_twins(usual[i], ret);
	add_told(&g->facts->docker.now, ret);
	add_told(&g->facts->docker.next, ret);
	return add_running(g, ret, err);
}
