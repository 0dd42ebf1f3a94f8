#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/space.h"

/*
 * Room for what dockerd writes when it starts: its databases, and a file or two for each container,
 * which it drops from its list, or ends, where that fails (seen with 20.10 and 28.5), or sockets and
 * state below /run, without which it does not start at all.
 */

#define START_BYTES (1U << 20)
#define START_FILES 32
#define CONTAINER_BYTES (16U << 10)
#define CONTAINER_FILES 8

/* The daemon's own word, else its default. */
static char *directory(const struct docker_facts *d, const char *key, const char *usual)
{
	const struct setting *s = settings_find(&d->now, key);
	CLEANUP(freep) char *set = s && s->value ? json_value_to_string(s->value) : NULL;

	return set && set[0] == '/' ? TAKE_PTR(set) : xstrdup(usual);
}

/* By the first process's mounts: our own may be read-only. */
static bool is_read_only(const struct gather *g, const struct mount_table *t, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *real = NULL;
	const struct mount_entry *e =
		observe(g->root, path, 0, &node, &real, NULL) < 0 ? NULL : mount_of(t, real);

	return e && mount_is_read_only(e);
}

static void take_lack(struct docker_facts *d, const char *path, const char *lack)
{
	if (!d->no_room)
		d->no_room = xasprintf("dockerd's start would find no room, and containers would "
				       "vanish or end by it: the file system of '%s' %s",
				       path, lack);
}

static void look_at(struct gather *g, const struct mount_table *t, const char *path, size_t n)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *at = NULL, *lack = NULL;
	struct space space;

	if (space_of(path, &space, &at, &err) < 0) {
		strv_addf(&d->restart_brings,
			  "whether dockerd has room for its start is not known: %s",
			  error_text(&err));
		return;
	}
	lack = is_read_only(g, t, at) ? xstrdup("is read-only")
				      : space_lacks(&space, START_BYTES + n * CONTAINER_BYTES,
						    START_FILES + n * CONTAINER_FILES);
	if (lack)
		take_lack(d, at, lack);
}

void gather_room(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	CLEANUP(freep) char *exec_root = directory(d, "exec-root", "/run/docker");
	const char *const paths[] = {d->data_root, exec_root, "/run/containerd",
				     "/var/lib/containerd"};
	CLEANUP(mount_table_clear) struct mount_table mounts = {0};
	size_t n = d->containers.nseen; /* also of a list that is not known: those on the disk */

	if (g->facts->offline || !u || !u->exists)
		return;
	if (g->facts->mounts)
		mount_table_parse(&mounts, g->facts->mounts);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i])
			look_at(g, &mounts, paths[i], n);
	if (d->no_room && restart_is_possible(g) && !d->no_restart)
		d->no_restart = xstrdup(d->no_room);
}
