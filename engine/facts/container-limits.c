#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/host/read/proc.h"

#define NO_LIMIT_V1 INT64_C(0x7000000000000000) /* a page less than the largest number */
#define DEFAULT_WEIGHT 100
#define DEFAULT_SHARES 1024
#define SHARES_AS_WEIGHT 39 /* what runtimes make of 1024 shares */

/*
 * Control groups, both versions: where the container's group of one controller lies, and what
 * its files and those of the groups above say. The tightest limit counts, whoever set it.
 */

/* A controller's files by version: [0] is version 1. */
static const struct {
	const char *controller;
	const char *files[2];
} numbers[] = {
	{"memory", {"memory.limit_in_bytes", "memory.max"}},
	{"pids", {"pids.max", "pids.max"}},
};

/* Lines are "number:controllers:path", of version 2 without controllers. NULL: not in any. */
static char *group_path(const struct buf *groups, const char *controller, int version)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, buf_str(groups), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *names = strchr(lines.items[i], ':');
		char *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		if (version == 2 ? names[1] == '\0' : mount_has_option(names + 1, controller))
			return xstrdup(path);
	}
	return NULL;
}

/* The text of a group's file, read once for all containers below; NULL: it is not there. */
static const char *limit_text(struct container_reader *r, const char *directory, const char *file)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", directory, file);
	const char *known = map_get(&r->limits, path);

	if (!known) {
		CLEANUP(buf_clear) struct buf text = {0};

		map_put(&r->limits, path,
			proc_read(path, &text, NULL) == 0 ? buf_take(&text) : xstrdup(""));
		known = map_get(&r->limits, path);
	}
	return known && *known ? known : NULL;
}

/* A group, from the container's own upwards. */
struct group {
	char *directory;
	size_t top; /* length of the directory where the controller is mounted */
};

static void group_clear(struct group *g)
{
	free(g->directory);
}

static bool group_up(struct group *g)
{
	char *slash = strrchr(g->directory, '/');

	if (!slash || (size_t)(slash - g->directory) < g->top)
		return false;
	*slash = '\0';
	return strlen(g->directory) > g->top;
}

static bool group_find(struct container_reader *r, const struct buf *groups, const char *controller,
		       struct group *ret)
{
	int version = r->g->facts->docker.container_host.cgroup_version;
	CLEANUP(freep) char *path = group_path(groups, controller, version);
	const struct mount_entry *e =
		path ? mount_of_controller(&r->host, controller, version, path) : NULL;

	if (!e)
		return false;
	ret->top = strlen(e->point);
	ret->directory = xasprintf("%s%s", e->point, mount_behind_root(e, path));
	return true;
}

static int64_t limit_of(const char *text)
{
	int64_t n = text ? strtoll(text, NULL, 10) : 0;

	return n < 0 || n >= NO_LIMIT_V1 ? 0 : n; /* "max" is no number */
}

/* -1 where the container's own group has no such file: then the controller is off. */
static int64_t tightest(struct container_reader *r, const struct buf *groups, size_t which)
{
	int version = r->g->facts->docker.container_host.cgroup_version;
	const char *file = numbers[which].files[version == 2];
	CLEANUP(group_clear) struct group g = {0};
	int64_t least = 0;

	if (!group_find(r, groups, numbers[which].controller, &g) ||
	    !limit_text(r, g.directory, file))
		return -1;
	do {
		int64_t n = limit_of(limit_text(r, g.directory, file));

		if (n > 0 && (least == 0 || n < least))
			least = n;
	} while (group_up(&g));
	return least;
}

/* "max 100000" or "50000 100000"; of version 1 two files. 0: none. */
static double quota_at(struct container_reader *r, const char *directory, int version)
{
	const char *quota = limit_text(r, directory, version == 2 ? "cpu.max" : "cpu.cfs_quota_us");
	const char *period;
	char *end;
	long long us, of;

	if (!quota)
		return 0;
	us = strtoll(quota, &end, 10);
	period = version == 2 ? end : limit_text(r, directory, "cpu.cfs_period_us");
	of = period ? strtoll(period, NULL, 10) : 0;
	return us > 0 && of > 0 ? (double)us / (double)of : 0;
}

/* Asking for the default is asking for nothing, though version 2 has another number for it. */
static bool is_default_weight(long weight, int version, const char *asked)
{
	if (version == 1)
		return weight == DEFAULT_SHARES;
	return weight == DEFAULT_WEIGHT ||
	       (weight == SHARES_AS_WEIGHT && strcmp(asked, "none") == 0);
}

static char *weight_of(struct container_reader *r, const char *directory, int version,
		       const char *asked)
{
	const char *text = limit_text(r, directory, version == 2 ? "cpu.weight" : "cpu.shares");
	long weight = text ? strtol(text, NULL, 10) : 0;

	if (!text)
		return NULL;
	if (is_default_weight(weight, version, asked))
		return xstrdup("none");
	return xasprintf("weight %ld", weight);
}

static char *cpu_of(struct container_reader *r, const struct buf *groups, const char *asked)
{
	int version = r->g->facts->docker.container_host.cgroup_version;
	CLEANUP(group_clear) struct group g = {0};
	CLEANUP(freep) char *weight = NULL;
	double least = 0;

	if (starts_with(asked, "cpus "))
		return xstrdup(asked);
	if (!group_find(r, groups, "cpu", &g))
		return NULL;
	weight = weight_of(r, g.directory, version, asked);
	do {
		double quota = quota_at(r, g.directory, version);

		if (quota > 0 && (least == 0 || quota < least))
			least = quota;
	} while (group_up(&g));
	return least > 0 ? xasprintf("quota %.2f", least) : TAKE_PTR(weight);
}

/* Version 2 alone when nothing of version 1 is mounted for the limits. */
static int version_of(const struct mount_table *t)
{
	if (mount_of_controller(t, "memory", 1, NULL) || mount_of_controller(t, "pids", 1, NULL))
		return 1;
	return mount_of_controller(t, "", 2, NULL) ? 2 : 0;
}

void container_read_limits(struct container_reader *r, struct container *c)
{
	struct container_host *h = &r->g->facts->docker.container_host;
	CLEANUP(freep) char *asked = TAKE_PTR(c->cpu);
	CLEANUP(buf_clear) struct buf groups = {0};

	if (!h->cgroup_version)
		h->cgroup_version = version_of(&r->host);
	if (!process_file(c->pid, "cgroup", &groups, NULL))
		return;
	c->cgroup = group_path(&groups, "memory", h->cgroup_version);
	c->memory = tightest(r, &groups, 0);
	c->pids = tightest(r, &groups, 1);
	c->cpu = cpu_of(r, &groups, asked ? asked : "");
	/* a limit that the whole machine does not reach is none */
	if (r->memory_total > 0 && c->memory >= r->memory_total)
		c->memory = 0;
}
