#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/tree.h"
#include "engine/plan/overlay-view-impl.h"

/*
 * A tree is walked once a plan. What is kept of it are the entries that its asker wants to see again
 * and the first of each other class, so that millions of files that are as wanted are some numbers.
 */
struct seen_tree {
	struct strv paths; /* to be shown again, in the order that they were shown in */
	size_t counts[TREE_CLASS_COUNT];
};

void overlay_seen_tree_free(void *tree)
{
	struct seen_tree *seen = tree;

	strv_clear(&seen->paths);
	free(seen);
}

/* A visitor that notes what the real one makes of each entry. */
struct recorder {
	const struct tree_visitor *asker;
	struct seen_tree *tree;
};

static bool recorder_wants(const void *context, const char *name)
{
	const struct recorder *r = context;

	return !r->asker->wants || r->asker->wants(r->asker->context, name);
}

static enum tree_class recorder_entry(void *context, const char *path, const struct node *node)
{
	struct recorder *r = context;
	enum tree_class class = r->asker->entry(r->asker->context, path, node);

	if (r->tree->counts[class]++ == 0 || class == TREE_AGAIN)
		strv_add(&r->tree->paths, path);
	return class;
}

static enum tree_class recorder_class_of(const void *context, const char *path,
					 const struct node *node)
{
	const struct recorder *r = context;

	return r->asker->class_of(r->asker->context, path, node);
}

static void recorder_failed(void *context, const struct error *why)
{
	struct recorder *r = context;

	r->asker->failed(r->asker->context, why);
}

/* What could not be looked into is no tree that was seen: who asks again may have better luck. */
static void walk_host(const struct overlay_view *o, const char *directory, const char *key,
		      const struct tree_visitor *asker)
{
	struct seen_tree *seen = xcalloc(1, sizeof(*seen));
	struct recorder recorder = {asker, seen};
	const struct tree_visitor visitor = {.file_acls = asker->file_acls,
					     .wants = recorder_wants,
					     .entry = recorder_entry,
					     .class_of = recorder_class_of,
					     .failed = recorder_failed,
					     .context = &recorder};

	if (observe_tree(o->root, directory, &visitor))
		map_put(overlay_seen_trees(o), key, seen);
	else
		overlay_seen_tree_free(seen);
}

/* As the walk has it: what is in a directory comes before any other name. */
static int compare_in_walk(const void *a, const void *b)
{
	const unsigned char *x = *(const unsigned char *const *)a;
	const unsigned char *y = *(const unsigned char *const *)b;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	if (*x == *y || !*x || !*y)
		return !!*x - !!*y;
	if (*x == '/' || *y == '/')
		return *x == '/' ? -1 : 1;
	return *x < *y ? -1 : 1;
}

/* One that was among those counted is shown by itself now, or is gone. */
static void uncount(const struct overlay_view *o, const char *path,
		    const struct tree_visitor *visitor, size_t *counts)
{
	const struct overlay_look *look = NULL;
	enum tree_class class;
	bool named;

	if (overlay_look_end(o, path, &look, NULL) < 0 || look->node.kind == NODE_ABSENT)
		return;
	named = look->node.kind == NODE_DIR || look->node.kind == NODE_SYMLINK || !visitor->wants ||
		visitor->wants(visitor->context, path_name(path));
	class = visitor->class_of(visitor->context, path, &look->node);
	if (named && class != TREE_AGAIN && counts[class] > 0)
		counts[class]--;
}

/* What the plan makes of the tree is to be seen, whatever was there. */
static void add_planned(const struct overlay_view *o, const char *directory,
			const struct tree_visitor *visitor, struct strv *ret, size_t *counts)
{
	struct map there = {0};
	size_t had = ret->count;

	for (size_t i = 0; o->images.count && i < ret->count; i++)
		map_put(&there, ret->items[i], ret->items[i]);
	for (size_t i = 0; o->images.count && i < o->images.size; i++) {
		const char *path = o->images.slots[i].key;

		if (!path || !path_is_within(path, directory) || map_get(&there, path))
			continue;
		strv_add(ret, path);
		uncount(o, path, visitor, counts);
	}
	map_clear(&there, NULL);
	if (ret->count > had)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_in_walk);
}

/* What is at the path itself, with what is planned; ABSENT: nothing, or nothing any more. */
static void node_at(const struct overlay_view *o, const char *path, struct node *ret)
{
	const struct image *image = map_get(&o->images, path);
	const struct overlay_look *look = NULL;
	int r = image ? 0 : overlay_look_end(o, path, &look, NULL);

	if (r < 0)
		*ret = (struct node){.kind = NODE_UNKNOWN, .error = r};
	else
		node_copy(ret, image ? &image->node : &look->node);
}

static void show_again(const struct overlay_view *o, const char *directory,
		       const struct seen_tree *seen, const struct tree_visitor *visitor)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	size_t counts[TREE_CLASS_COUNT];

	for (int class = 0; class < TREE_CLASS_COUNT; class ++)
		counts[class] = seen->counts[class] ? seen->counts[class] - 1 : 0;
	strv_copy(&paths, &seen->paths);
	add_planned(o, directory, visitor, &paths, counts);
	for (size_t i = 0; i < paths.count; i++) {
		CLEANUP(node_clear) struct node node = {0};

		node_at(o, paths.items[i], &node);
		if (node.kind != NODE_ABSENT)
			visitor->entry(visitor->context, paths.items[i], &node);
	}
	for (int class = TREE_FINE; class < TREE_CLASS_COUNT; class ++)
		if (counts[class] > 0)
			visitor->more(visitor->context, (enum tree_class) class, counts[class]);
}

void overlay_tree(const struct view *v, const char *directory, const struct tree_visitor *visitor)
{
	const struct overlay_view *o = overlay_of(v);
	CLEANUP(freep) char *key = xasprintf("%s\n%s", directory, visitor->asker);
	const struct seen_tree *seen = map_get(overlay_seen_trees(o), key);

	if (seen)
		show_again(o, directory, seen, visitor);
	else if (o->images.count == 0)
		walk_host(o, directory, key, visitor);
	else
		tree_by_names(v, directory, visitor);
}
