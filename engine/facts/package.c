#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/host/read/observe.h"

static void read_packages(struct gather *g)
{
	if (g->packages_read)
		return;
	g->packages_read = true;
	observe_content(g->root, "/var/lib/dpkg/status", &g->packages, NULL);
}

/* The value of a field of a paragraph, allocated; NULL: it has none. */
static char *field_of(const char *paragraph, const char *name)
{
	CLEANUP(freep) char *start = xasprintf("\n%s: ", name);
	const char *end = strstr(paragraph + 1, "\n\n"), *at = strstr(paragraph, start);

	if (!at || (end && at > end))
		return NULL;
	at += strlen(start);
	return xstrndup(at, strcspn(at, "\n"));
}

/*
 * Whether its files are there (dpkg(1), package states). One that was removed keeps its paragraph, and its
 * list of files in /etc, until it is purged.
 */
static bool is_installed(const char *paragraph)
{
	static const char *const states[] = {" installed", " unpacked", " half-configured",
					     " triggers-awaited", " triggers-pending"};
	CLEANUP(freep) char *status = field_of(paragraph, "Status");

	for (size_t i = 0; status && i < ARRAY_SIZE(states); i++)
		if (ends_with(status, states[i]))
			return true;
	return false;
}

/* The paragraph of a package that is installed; of one for several architectures there are several. */
static const char *find_installed(struct gather *g, const char *name)
{
	CLEANUP(freep) char *start = xasprintf("\nPackage: %s\n", name);
	const char *at;

	read_packages(g);
	at = buf_str(&g->packages);
	if (!starts_with(at, start + 1))
		at = strstr(at, start);
	while (at && !is_installed(at))
		at = strstr(at + 1, start);
	return at;
}

char *package_version(struct gather *g, const char *name)
{
	const char *paragraph = find_installed(g, name);

	return paragraph ? field_of(paragraph, "Version") : NULL;
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

/* Where dpkg's own list of packages is not there, the file has to do. */
static bool is_evident(struct gather *g, size_t i)
{
	if (!path_exists(g, packages[i].evidence))
		return false;
	read_packages(g);
	return !packages[i].package || !g->packages.len || find_installed(g, packages[i].package);
}

static bool find_package(struct gather *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		if (!is_evident(g, i))
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
static bool rootless_runs(struct gather *g)
{
	const struct processes *all[] = {&g->processes, &g->contained};

	gather_processes(
		g); /* who asks later finds them as they are now: no dockerd is waited for between */
	for (size_t k = 0; k < ARRAY_SIZE(all); k++)
		for (size_t i = 0; i < all[k]->count; i++)
			if (strcmp_null(all[k]->items[i].name, "rootlesskit") == 0)
				return true;
	return false;
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
	} else if (!g->facts->offline && !active && rootless_runs(g)) {
		d->install = DOCKER_ROOTLESS;
		d->unsupported = xstrdup("only a rootless dockerd of another user runs here");
	} else {
		d->install = DOCKER_NONE;
	}
}
