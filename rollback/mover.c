#include "engine/base/path.h"
#include "engine/base/str.h"
#include "rollback/mover-impl.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"
#include "engine/host/write/write.h"
#include "rollback/barrier.h"
#include "rollback/staging.h"

void mover_clear(struct mover *m)
{
	strv_clear(&m->notes);
	strv_clear(&m->foreign_paths);
	strv_clear(&m->spared);
}

void mover_staged_paths(const struct mover *m, struct strv *ret)
{
	staged_paths(m->plan, m->tag, ret);
}

int mover_check_start(const struct mover *m, struct error *err)
{
	CLEANUP(handles_freep) struct handles *pass = handles_new(m->root);

	for (size_t i = 0; i < m->plan->nchanges; i++) {
		const struct change *c = &m->plan->changes[i];
		CLEANUP(spot_clear) struct spot spot = SPOT_INIT;
		CLEANUP(freep) char *what = NULL;
		int r = spot_look(pass, c->path, c->images[0].has_content, &spot, err);

		if (r < 0)
			return r;
		if (node_equal(&spot.node, &c->images[0].node))
			continue;
		what = node_difference(&c->images[0].node, &spot.node);
		return error_set_at(err, -ESTALE, c->path, "'%s' changed since the plan: %s",
				    c->path, what);
	}
	return 0;
}

static int stage_image(const struct mover *m, struct handles *pass, const struct change *c,
		       size_t k, struct error *err)
{
	CLEANUP(freep) char *slot = slot_path(m->tag, c, k);
	int parent = -1;
	int r = directory_or_gone(pass, slot, &parent, err);

	if (r < 0)
		return r;
	if (parent < 0)
		return 0; /* its directory is yet to be made: staged when its turn comes */
	return write_staged(parent, path_name(slot), &c->images[k], err);
}

/* EPERM for root says little: most often somebody made the directory immutable. */
static int cannot_stage(const struct mover *m, const struct change *c, int r, struct error *err)
{
	CLEANUP(freep)
	char *directory = path_parent(c->path);
	CLEANUP(node_clear) struct node node = {0};

	if (r == -EPERM &&
	    observe(m->root, *directory ? directory : "/", 0, &node, NULL, NULL) >= 0 && node.flags)
		return error_about(
			err,
			error_wrap(err, r, "'%s' is %s (chattr), so '%s' cannot be replaced in it",
				   directory,
				   node.flags & NODE_IMMUTABLE ? "immutable" : "append-only",
				   c->path),
			c->path);
	return error_about(err, error_wrap(err, r, "cannot stage '%s'", c->path), c->path);
}

int mover_stage(const struct mover *m, struct error *err)
{
	CLEANUP(handles_freep) struct handles *pass = handles_new(m->root);

	for (size_t i = 0; i < m->plan->nchanges; i++) {
		const struct change *c = &m->plan->changes[i];

		for (size_t k = 1; k < c->nimages; k++) {
			int r = is_staged_at(c, k) ? stage_image(m, pass, c, k, err) : 0;

			if (r < 0)
				return cannot_stage(m, c, r, err);
		}
	}
	return 0;
}

int mover_sync(const struct mover *m, struct error *err)
{
	CLEANUP(handles_freep) struct handles *pass = handles_new(m->root);
	CLEANUP(barrier_clear) struct barrier barrier = {.pass = pass};
	int r = 0;

	for (size_t i = 0; i < m->plan->nchanges && r >= 0; i++)
		r = barrier_sync(&barrier, m->plan->changes[i].path, err);
	return r;
}

/* By name also where nothing is mounted: the root may be that of a host that does not run. */
static bool is_volatile_name(const char *path)
{
	static const char *const places[] = {"/run/", "/var/run/", "/dev/", "/proc/", "/sys/"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (starts_with(path, places[i]))
			return true;
	return false;
}

bool mover_is_in_memory(int fd)
{
	static const long types[] = {TMPFS_MAGIC,       RAMFS_MAGIC,        PROC_SUPER_MAGIC,
				     SYSFS_MAGIC,       DEVPTS_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
				     CGROUP_SUPER_MAGIC};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((long)fs.f_type == types[i])
			return true;
	return false;
}

/*
 * Whether what lies there ends with the boot: by its file system. Where the journal itself outlived
 * a boot in memory (a lab, a test), that says nothing.
 */
static bool is_of_one_boot(const struct mover *m, const char *path)
{
	int parent = -1;

	if (is_volatile_name(path))
		return true;
	return !m->memory_lasts && directory_or_gone(m->pass, path, &parent, NULL) >= 0 &&
	       parent >= 0 && mover_is_in_memory(parent);
}

static void note_of_other_boot(struct mover *m, const char *path)
{
	CLEANUP(freep) char *note = xasprintf("'%s' was of a boot that is over", path);

	strv_add_once(&m->notes, note);
}

bool only_rights(const struct change *c, const struct node *n)
{
	CLEANUP(freep) const struct node **known = xcalloc(c->nimages, sizeof(*known));

	for (size_t i = 0; i < c->nimages; i++)
		known[i] = &c->images[i].node;
	return node_foreign_rights(n, known, c->nimages);
}

static void note_foreign(struct mover *m, const struct change *c)
{
	m->met_foreign = true;
	strv_add_once(&m->foreign_paths, c->path);
}

static int move_one(struct mover *m, size_t i, size_t k, bool removals, struct strv *foreign,
		    struct error *err)
{
	struct change *c = &m->plan->changes[i];
	struct error why = {0};
	int r;

	if ((c->images[k].node.kind == NODE_ABSENT) != removals ||
	    strv_contains(&m->spared, c->path))
		return 0;
	if (m->other_boot && is_of_one_boot(m, c->path)) {
		note_of_other_boot(m, c->path);
		return 0;
	}
	r = move_path(m, c, k, &why);
	if (r < 0)
		error_about(&why, r, c->path);
	if (r == -ESTALE && foreign) {
		strv_add_once(m->keep_foreign ? &m->notes : foreign, error_text(&why));
		note_foreign(m, c);
		error_clear(&why);
		return 0;
	}
	error_move(err, &why);
	return r;
}

/*
 * What shall be there, directories before their files. What could not be staged before, since its
 * directory was not there, is staged now, and moved when all of it is durable: one sync, however many.
 */
static int move_wanted(struct mover *m, size_t k, struct strv *foreign, struct error *err)
{
	CLEANUP(late_clear) struct late late = {0};
	int r = 0;

	m->may_wait = true;
	for (size_t i = 0; i < m->plan->nchanges && r >= 0; i++) {
		r = move_one(m, i, k, false, foreign, err);
		if (r == MOVE_LATE)
			late_add(&late, i);
	}
	m->may_wait = false;
	if (r >= 0)
		r = barrier_sync_late(m->pass, m->plan, &late, err);
	for (size_t i = 0; i < late.count && r >= 0; i++)
		r = move_one(m, late.items[i], k, false, foreign, err);
	return r;
}

static int move_all(struct mover *m, size_t k, struct strv *foreign, struct error *err)
{
	int r = move_wanted(m, k, foreign, err);

	for (size_t i = m->plan->nchanges; i > 0 && r >= 0;
	     i--) /* files before their directories */
		r = move_one(m, i - 1, k, true, foreign, err);
	return r;
}

int mover_move(struct mover *m, size_t k, struct strv *foreign, struct error *err)
{
	CLEANUP(handles_freep) struct handles *pass = handles_new(m->root);
	int r;

	strv_clear(&m->foreign_paths);
	m->pass = pass;
	r = move_all(m, k, foreign, err);
	m->pass = NULL;
	return r < 0 ? r : mover_sync(m, err);
}

int mover_sweep(const struct root *root, const struct strv *staged_paths, struct error *err)
{
	CLEANUP(handles_freep) struct handles *pass = handles_new(root);
	CLEANUP(barrier_clear) struct barrier barrier = {.pass = pass};
	int r = remove_staged(pass, staged_paths, err);

	/* all of them, also where nothing was left: a run that died may have removed it */
	for (size_t i = 0; i < staged_paths->count && r >= 0; i++)
		r = barrier_sync(&barrier, staged_paths->items[i], err);
	return r;
}
