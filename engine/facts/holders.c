#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/shims.h"

/*
 * Whose a socket is that dockerd needs while it starts: what goes down with dockerd is started again
 * behind it, and has it not yet then.
 */

#define DOCKER "docker.service"

void holders_clear(struct holders *h)
{
	for (size_t i = 0; i < h->count; i++)
		strv_clear(&h->items[i].inodes);
	free(h->items);
	*h = (struct holders){0};
}

/* Once: the descriptors of every process are gone through for it. */
static void read_holders(struct gather *g)
{
	CLEANUP(strv_clear) struct strv pids = {0};
	struct holders *h = &g->holders;

	if (h->read)
		return;
	h->read = true;
	observe_children(g->root, "/proc", &pids, NULL);
	for (size_t i = 0; i < pids.count; i++) {
		CLEANUP(strv_clear) struct strv inodes = {0};
		pid_t pid = (pid_t)strtol(pids.items[i], NULL, 10);
		struct holder *one;

		if (pid <= 0 || sockets_of(g, pid, &inodes, NULL) < 0 || inodes.count == 0)
			continue;
		one = array_append(&h->items, &h->count, sizeof(*one));
		one->pid = pid;
		one->inodes = inodes;
		inodes = (struct strv){0};
	}
}

static const struct container *container_with(const struct containers *all, pid_t pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/cgroup", (int)pid);
	CLEANUP(buf_clear) struct buf groups = {0};

	if (proc_read(path, &groups, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].id && *all->items[i].id &&
		    strstr(buf_str(&groups), all->items[i].id))
			return &all->items[i];
	return NULL;
}

/* Why the container may not run while dockerd starts, though live-restore keeps containers. */
static char *container_goes(const struct docker_facts *d, const struct container *c)
{
	const char *name = container_label(c);

	if (c->goes_with)
		return xasprintf("container %s has, and it goes down with %s", name, c->goes_with);
	if (c->auto_remove && (!d->version || engine_version_compare(d->version, "26.0") < 0))
		return xasprintf("container %s has, and this engine's start ends what has --rm",
				 name);
	if (d->may_end.count > 0)
		return xasprintf("container %s has, which may be ended before: %s", name,
				 d->may_end.items[0]);
	return NULL;
}

/* What a socket unit listens on systemd's first process has. */
static const char *socket_unit_down(const struct docker_facts *d)
{
	for (size_t i = 0; i < d->goes_down.count; i++) {
		const char *dot = strrchr(d->goes_down.items[i], '.');

		if (dot && strcmp(dot, ".socket") == 0)
			return d->goes_down.items[i];
	}
	return NULL;
}

/* NULL: this process keeps it open while dockerd is restarted. */
static char *process_goes(const struct facts *f, const struct containers *all, pid_t pid)
{
	const struct docker_facts *d = &f->docker;
	const struct container *c = container_with(all, pid);
	CLEANUP(freep) char *unit = proc_unit(pid);
	const char *socket = pid == 1 ? socket_unit_down(d) : NULL;

	if (c)
		return container_goes(d, c);
	if (socket)
		return xasprintf("systemd may have for %s, and that goes down with dockerd",
				 socket);
	if (pid == 1) /* who answers behind it would have it, too */
		return xstrdup("systemd alone has, for a unit that does not run: whether it can be "
			       "started is not known");
	if (facts_is_unit(f, DOCKER, unit))
		return xstrdup("dockerd's own unit has, and which ends with it");
	if (unit && strv_contains(&d->goes_down, unit))
		return xasprintf("%s has, and that goes down with dockerd", unit);
	return NULL;
}

static bool has_one(const struct holder *h, const struct strv *inodes)
{
	for (size_t i = 0; i < inodes->count; i++)
		if (strv_contains(&h->inodes, inodes->items[i]))
			return true;
	return false;
}

char *holders_lost(struct gather *g, const struct containers *all, const struct strv *inodes)
{
	CLEANUP(freep) char *why = NULL;

	read_holders(g);
	for (size_t i = 0; i < g->holders.count; i++) {
		const struct holder *h = &g->holders.items[i];
		CLEANUP(freep) char *goes = NULL;

		if (!has_one(h, inodes))
			continue;
		goes = process_goes(g->facts, all, h->pid);
		if (!goes)
			return NULL;
		str_replace(&why, goes);
	}
	return why ? TAKE_PTR(why) : xstrdup("no process could be found to have");
}

static bool is_proxy(const struct gather *g, pid_t pid)
{
	return strcmp_null(process_name(g, pid), "docker-proxy") == 0;
}

/* docker.service may start a wrapper, whose child dockerd is. */
static bool is_other_dockerd(const struct gather *g, const char *group, pid_t pid)
{
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);
	const char *name = process_name(g, pid);

	return name && is_dockerds_name(name) && !(u && u->main_pid == pid) &&
	       !proc_is_within(pid, group);
}

bool holders_are_other_dockerds(struct gather *g, const struct strv *inodes)
{
	CLEANUP(freep) char *group = NULL;
	size_t n = 0;

	if (!g->bus || bus_service_text(g->bus, DOCKER, "ControlGroup", &group, NULL) < 0 ||
	    !*group)
		return false;
	read_holders(g);
	for (size_t i = 0; i < inodes->count; i++)
		for (size_t k = 0; k < g->holders.count; k++)
			if (strv_contains(&g->holders.items[k].inodes, inodes->items[i]) &&
			    is_other_dockerd(g, group, g->holders.items[k].pid)) {
				n++;
				break;
			}
	return n > 0 && n == inodes->count;
}

void holders_drop_proxies(struct gather *g, struct strv *inodes)
{
	CLEANUP(strv_clear) struct strv all = *inodes;

	*inodes = (struct strv){0};
	read_holders(g);
	for (size_t i = 0; i < all.count; i++) {
		bool is_proxys = false;

		for (size_t k = 0; k < g->holders.count && !is_proxys; k++)
			is_proxys = strv_contains(&g->holders.items[k].inodes, all.items[i]) &&
				    is_proxy(g, g->holders.items[k].pid);
		if (!is_proxys)
			strv_add(inodes, all.items[i]);
	}
}
