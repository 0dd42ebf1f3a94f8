#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

static void read_packages(struct gather *g)
{
	if (g->packages_read)
		return;
	g->packages_read = true;
	observe_content(g->root, "/var/lib/dpkg/status", &g->packages, NULL);
}

char *package_version(struct gather *g, const char *name)
{
	CLEANUP(freep) char *start = xasprintf("\nPackage: %s\n", name);
	const char *paragraph, *version, *end;

	read_packages(g);
	paragraph = buf_str(&g->packages);
	if (!starts_with(paragraph, start + 1))
		paragraph = strstr(paragraph, start);
	if (!paragraph)
		return NULL;
	end = strstr(paragraph + 1, "\n\n");
	version = strstr(paragraph, "\nVersion: ");
	if (!version || (end && version > end))
		return NULL;
	version += strlen("\nVersion: ");
	return xstrndup(version, strcspn(version, "\n"));
}

/* "5:20.10.24+dfsg1-1+deb12u1" to "20.10.24+dfsg1": what the daemon itself would say. */
static char *upstream_version(const char *package)
{
	const char *colon = strchr(package, ':');
	const char *start = colon ? colon + 1 : package, *dash = strrchr(start, '-');

	return dash ? xstrndup(start, (size_t)(dash - start)) : xstrdup(start);
}

/* A file that only one package brings shows who installed dockerd, without reading a database. */
static const struct {
	const char *evidence;
	enum docker_install install;
	const char *package;
} packages[] = {
	{"/var/lib/dpkg/info/docker-ce.list", DOCKER_CE, "docker-ce"},
	{"/var/lib/dpkg/info/docker.io.list", DOCKER_DISTRO, "docker.io"},
	{"/var/lib/dpkg/info/moby-engine.list", DOCKER_DISTRO, "moby-engine"},
	{"/usr/share/doc/docker-ce", DOCKER_CE, NULL},
	{"/usr/share/doc/moby-engine", DOCKER_DISTRO, NULL},
	{"/var/lib/pacman/local/docker", DOCKER_DISTRO, NULL},
};

static bool find_package(struct gather *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		if (!path_exists(g, packages[i].evidence))
			continue;
		g->facts->docker.install = packages[i].install;
		g->docker_package = packages[i].package;
		return true;
	}
	return false;
}

void gather_version(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *version = NULL;

	if (d->version || !g->docker_package)
		return;
	version = package_version(g, g->docker_package);
	if (version)
		d->version = upstream_version(version);
}

static void find_dockerd(struct gather *g)
{
	static const char *const programs[] = {"/usr/bin/dockerd", "/usr/sbin/dockerd",
					       "/usr/local/bin/dockerd", "/usr/local/sbin/dockerd"};
	struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; i < ARRAY_SIZE(programs) && !d->dockerd; i++)
		if (path_exists(g, programs[i]))
			d->dockerd = xstrdup(programs[i]);
}

/* Another user's daemon: rootlesskit keeps its namespaces, so it runs wherever that runs. */
static bool rootless_runs(void)
{
	CLEANUP(strv_clear) struct strv pids = {0};
	struct root slash = {.fd = -1};
	bool found = false;

	if (root_open(&slash, "/", NULL) < 0)
		return false;
	observe_children(&slash, "/proc", &pids, NULL);
	for (size_t i = 0; i < pids.count && !found; i++) {
		CLEANUP(freep) char *path = xasprintf("/proc/%s/comm", pids.items[i]);
		CLEANUP(buf_clear) struct buf comm = {0};

		if (strspn(pids.items[i], "0123456789") == strlen(pids.items[i]) &&
		    proc_read(path, &comm, NULL) >= 0)
			found = strcmp(buf_str(&comm), "rootlesskit\n") == 0;
	}
	root_close(&slash);
	return found;
}

void gather_install(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	bool active = u && unit_runs(u->active);

	find_dockerd(g);
	if (find_package(g))
		return;
	if (d->dockerd) {
		d->install = DOCKER_OTHER;
	} else if (path_exists(g, "/snap/docker") || path_exists(g, "/var/snap/docker")) {
		d->install = DOCKER_SNAP;
		d->unsupported = xstrdup("Docker is a snap: its unit and programs are read-only");
	} else if (!g->facts->offline && !active && rootless_runs()) {
		d->install = DOCKER_ROOTLESS;
		d->unsupported = xstrdup("only a rootless dockerd of another user runs here");
	} else {
		d->install = DOCKER_NONE;
	}
}
