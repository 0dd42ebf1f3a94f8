#include "modules/docker-guards.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/daemon-next.h"
#include "modules/tally.h"

#define NAMES_SHOWN 8

static bool is(const char *value, const char *json)
{
	return value && strcmp(value, json) == 0;
}

static void refuse(struct delta *d, const char *why)
{
	if (!d->refusal)
		d->refusal = xstrdup(why);
}

static bool on_default_bridge(const struct container *c)
{
	return strv_contains(&c->networks, "bridge") ||
	       (c->network_mode && (strcmp(c->network_mode, "default") == 0 ||
				    strcmp(c->network_mode, "bridge") == 0));
}

/* A legacy link reads "name", "name:alias" or "/name:/container/alias". */
static bool links_to(const struct container *from, const struct container *to)
{
	size_t n = to->name ? strlen(to->name) : 0;

	for (size_t i = 0; n > 0 && i < from->links.count; i++) {
		const char *link = from->links.items[i];

		link += link[0] == '/';
		if (strncmp(link, to->name, n) == 0 && (link[n] == ':' || link[n] == '\0'))
			return true;
	}
	return false;
}

static bool talks_unlinked(const struct docker_facts *docker, const struct container *c)
{
	for (size_t i = 0; i < docker->ncontainers; i++) {
		const struct container *other = &docker->containers[i];

		if (other != c && other->running && on_default_bridge(other) &&
		    !links_to(c, other) && !links_to(other, c))
			return true;
	}
	return false;
}

static void guard_icc(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(freep) char *iptables = daemon_next_effective(v, "iptables");
	CLEANUP(freep) char *ipv6 = daemon_next_effective(v, "ipv6");
	CLEANUP(freep) char *ip6tables = daemon_next_effective(v, "ip6tables");
	CLEANUP(strv_clear) struct strv names = {0};

	if (!is(value, "false"))
		return;
	if (is(iptables, "false"))
		refuse(d, "dockerd does not start with icc=false and iptables=false");
	if (is(ipv6, "true") && is(ip6tables, "false"))
		refuse(d, "dockerd does not start with icc=false, ipv6=true and ip6tables=false");
	if (docker->kernel_modules)
		refuse(d, docker->kernel_modules);
	for (size_t i = 0; i < docker->ncontainers; i++) {
		const struct container *c = &docker->containers[i];

		if (c->running && on_default_bridge(c) && talks_unlinked(docker, c))
			strv_add(&names, container_label(c));
	}
	if (names.count > 0) {
		CLEANUP(freep) char *list = names_join(&names, NAMES_SHOWN);

		strv_addf(&d->holds, "containers %s talk over docker0 without a link", list);
	}
}

/* Ports read "8080/tcp on ::": on an IPv6 address when there is a colon behind " on ". */
static bool is_ipv6_port(const char *port)
{
	const char *on = strstr(port, " on ");

	return on && strchr(on, ':');
}

static void guard_userland_proxy(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;

	if (!is(value, "false"))
		return;
	if (docker->kernel_modules && docker->version &&
	    engine_version_compare(docker->version, "27.4") >= 0)
		refuse(d, docker->kernel_modules);
	for (size_t i = 0; i < docker->ncontainers; i++) {
		const struct container *c = &docker->containers[i];

		for (size_t p = 0; c->running && p < c->ports.count; p++)
			if (is_ipv6_port(c->ports.items[p]))
				strv_addf(&d->holds,
					  "container %s publishes %s, which needs the proxy",
					  container_label(c), c->ports.items[p]);
	}
}

static void guard_no_new_privileges(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;

	for (size_t i = 0; i < docker->ncontainers; i++)
		if (docker->containers[i].running && docker->containers[i].uses_setuid)
			strv_add(&names, container_label(&docker->containers[i]));
	if (!is(value, "true") || names.count == 0)
		return;
	list = names_join(&names, NAMES_SHOWN);
	strv_addf(&d->holds, "%s %s %s setuid programs, which will fail when created anew",
		  names.count == 1 ? "container" : "containers", list,
		  names.count == 1 ? "runs" : "run");
}

static void count_of(struct strv *parts, size_t n, const char *one)
{
	if (n > 0)
		strv_addf(parts, "%zu %s%s", n, one, n == 1 ? "" : "s");
}

/* The containerd image store shows itself by a driver that is no storage driver of Docker's own. */
static bool has_image_store(const struct view *v)
{
	static const char *const own[] = {"overlay2", "vfs",     "btrfs",        "zfs",
					  "aufs",     "overlay", "devicemapper", "fuse-overlayfs"};
	const char *driver = v->facts->docker.driver;
	CLEANUP(freep) char *features = daemon_next_effective(v, "features");
	CLEANUP(freep) char *wanted = json_member(features, "containerd-snapshotter");

	for (size_t i = 0; driver && i < ARRAY_SIZE(own); i++)
		if (strcmp(driver, own[i]) == 0)
			driver = NULL;
	return driver || is(wanted, "true");
}

/* Such containers share a namespace with the host, which remapping forbids. */
static bool needs_host_users(const struct container *c)
{
	bool host = c->privileged || (c->network_mode && strcmp(c->network_mode, "host") == 0) ||
		    (c->pid_mode && strcmp(c->pid_mode, "host") == 0);

	return host && !(c->userns_mode && strcmp(c->userns_mode, "host") == 0);
}

static void guard_userns(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(strv_clear) struct strv parts = {0};
	CLEANUP(strv_clear) struct strv host = {0};

	if (!daemon_userns_on(value))
		return;
	if (has_image_store(v))
		refuse(d,
		       "the containerd image store is in use, which does not go with userns-remap");
	count_of(&parts, docker->nimages, "image");
	count_of(&parts, docker->ncontainers, "container");
	count_of(&parts, docker->nvolumes, "volume");
	if (parts.count > 0) {
		CLEANUP(freep) char *list = names_join(&parts, parts.count);

		strv_addf(&d->holds, "%s would vanish from view", list);
	}
	for (size_t i = 0; i < docker->ncontainers; i++)
		if (needs_host_users(&docker->containers[i]))
			strv_add(&host, container_label(&docker->containers[i]));
	if (host.count > 0) {
		CLEANUP(freep) char *list = names_join(&host, NAMES_SHOWN);

		strv_addf(&d->holds, "%s %s would need --userns=host",
			  host.count == 1 ? "container" : "containers", list);
	}
}

static const struct {
	const char *key;
	void (*guard)(const struct view *v, const char *value, struct delta *d);
} guards[] = {
	{"icc", guard_icc},
	{"no-new-privileges", guard_no_new_privileges},
	{"userland-proxy", guard_userland_proxy},
	{"userns-remap", guard_userns},
};

void docker_guards(const struct view *v, const char *key, const char *value, struct delta *delta)
{
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++)
		if (strcmp(guards[i].key, key) == 0)
			guards[i].guard(v, value, delta);
	docker_guards_start(v, key, value, delta);
}
