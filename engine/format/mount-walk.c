#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/mount-table.h"

/*
 * Which mount a path is in, as the kernel finds it: from the root on, at each step the mount that
 * hangs on the one before. The longest point alone would do for a table in which nothing is
 * hidden; under a directory that was mounted over later, what lay there before is still listed.
 *
 *     30  1  /        30 is the root
 *     31 30  /a/b
 *     32 30  /a       /a/b is in 32 now: 31 hangs on 30, which is left at /a
 *     33 32  /a/b     ... until something is mounted there again
 */

/* Those whose points are the path or above it. */
struct on_way {
	const struct mount_entry **items;
	size_t count;
};

static void on_way_clear(struct on_way *w)
{
	free(w->items);
}

static bool leads_to(const char *point, const char *path)
{
	if (strcmp(point, "/") == 0)
		return true;
	while (*point && *point == *path) {
		point++;
		path++;
	}
	return !*point && (!*path || *path == '/');
}

static void find_on_way(const struct mount_table *t, const char *path, struct on_way *ret)
{
	for (size_t i = 0; i < t->count; i++)
		if (leads_to(t->items[i].point, path))
			*(const struct mount_entry **)array_append(
				&ret->items, &ret->count, sizeof(*ret->items)) = &t->items[i];
}

/* What hangs on something that the table does not show: the root, and what is mounted in a chroot's. */
static bool is_loose(const struct on_way *w, const struct mount_entry *e)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->items[i] != e && w->items[i]->id == e->parent)
			return false;
	return true;
}

/*
 * The next on the way, `at` (NULL: none) left: the first place that it comes to, and of several there
 * the last. Nothing that is mounted over the root itself is seen by those whose root it was.
 */
static const struct mount_entry *next_of(const struct on_way *w, const struct mount_entry *at,
					 bool loose)
{
	const struct mount_entry *best = NULL;

	for (size_t i = 0; i < w->count; i++) {
		const struct mount_entry *e = w->items[i];
		bool hangs = loose ? is_loose(w, e) && (!at || strlen(e->point) > strlen(at->point))
				   : at && e != at && e->parent == at->id && e->point[1];

		if (hangs && (!best || strlen(e->point) <= strlen(best->point)))
			best = e;
	}
	return best;
}

const struct mount_entry *mount_of(const struct mount_table *t, const char *path)
{
	CLEANUP(on_way_clear) struct on_way way = {0};
	const struct mount_entry *at = NULL, *next;

	find_on_way(t, path, &way);
	for (size_t steps = 0; steps < way.count; steps++) { /* whatever a text says, it ends */
		next = next_of(&way, at, false);
		if (!next)
			next = next_of(&way, at, true);
		if (!next)
			break;
		at = next;
	}
	return at;
}

const struct mount_entry *mount_at(const struct mount_table *t, const char *point)
{
	const struct mount_entry *e = mount_of(t, point);

	return e && strcmp(e->point, point) == 0 ? e : NULL;
}
