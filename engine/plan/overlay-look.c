#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/handles.h"
#include "engine/host/read/observe.h"
#include "engine/plan/overlay-view-impl.h"

/*
 * What the host has is looked at once a plan: some hundred settings ask for the same few paths, and
 * each look is a walk from the root with a descriptor for each directory on the way. What failed is
 * not kept: who asks again may have better luck.
 */
struct overlay_looks {
	struct map nodes; /* path as it was asked for -> struct overlay_look */
	struct map ends; /* the same, where a link at the end is not followed */
	struct map lists; /* canonical path -> struct strv: the names in a directory */
	struct map contents; /* canonical path -> struct buf */
	struct handles *handles; /* of the directories that were looked into last */
	struct map closed; /* canonical path -> anything */
	struct map trees; /* canonical path, newline, asker -> struct seen_tree */
};

static void free_look(void *p)
{
	struct overlay_look *look = p;

	free(look->path);
	node_clear(&look->node);
	free(look);
}

static void free_list(void *p)
{
	strv_clear(p);
	free(p);
}

static void free_content(void *p)
{
	buf_clear(p);
	free(p);
}

struct overlay_looks *overlay_looks_new(void)
{
	return xcalloc(1, sizeof(struct overlay_looks));
}

void overlay_looks_free(struct overlay_looks *l)
{
	if (!l)
		return;
	map_clear(&l->nodes, free_look);
	map_clear(&l->ends, free_look);
	map_clear(&l->lists, free_list);
	map_clear(&l->contents, free_content);
	map_clear(&l->closed, NULL);
	map_clear(&l->trees, overlay_seen_tree_free);
	handles_free(l->handles);
	free(l);
}

typedef int look_fn(struct handles *h, const char *path, char **ret_path, struct node *ret,
		    struct error *err);

static int look_once(const struct overlay_view *o, struct map *known, look_fn *look_at,
		     const char *path, const struct overlay_look **ret, struct error *err)
{
	struct overlay_look *look = map_get(known, path);
	struct node node = {0};
	char *canonical = NULL;
	int r;

	if (!look) {
		if (!o->looks->handles)
			o->looks->handles = handles_new(o->root);
		r = look_at(o->looks->handles, path, &canonical, &node, err);
		if (r < 0)
			return r;
		look = xcalloc(1, sizeof(*look));
		look->path = canonical;
		look->node = node;
		map_put(known, path, look);
	}
	*ret = look;
	return 0;
}

int overlay_look(const struct overlay_view *o, const char *path, const struct overlay_look **ret,
		 struct error *err)
{
	return look_once(o, &o->looks->nodes, handles_look, path, ret, err);
}

int overlay_look_end(const struct overlay_view *o, const char *path,
		     const struct overlay_look **ret, struct error *err)
{
	const struct overlay_look *seen = map_get(&o->looks->nodes, path);

	/* who came out where he was sent met no link */
	if (seen && strcmp(seen->path, path) == 0) {
		*ret = seen;
		return 0;
	}
	return look_once(o, &o->looks->ends, handles_look_end, path, ret, err);
}

int overlay_host_children(const struct overlay_view *o, const char *path, struct strv *ret,
			  struct error *err)
{
	struct strv *list = map_get(&o->looks->lists, path);
	struct strv fresh = {0};
	int r;

	if (!list) {
		r = observe_children(o->root, path, &fresh, err);
		if (r < 0)
			return r;
		list = xcalloc(1, sizeof(*list));
		*list = fresh;
		map_put(&o->looks->lists, path, list);
	}
	strv_add_all(ret, list);
	return 0;
}

const struct buf *overlay_seen_content(const struct overlay_view *o, const char *path)
{
	return map_get(&o->looks->contents, path);
}

int overlay_host_content(const struct overlay_view *o, const struct walk *walk,
			 const struct buf **ret, struct error *err)
{
	struct buf *content = map_get(&o->looks->contents, walk->path);
	CLEANUP(buf_clear) struct buf fresh = {0};
	int r;

	if (!content) {
		r = observe_walk_content(walk, &fresh, err);
		if (r < 0)
			return r;
		content = xcalloc(1, sizeof(*content));
		*content = fresh;
		fresh = (struct buf){0};
		map_put(&o->looks->contents, walk->path, content);
	}
	*ret = content;
	return 0;
}

struct map *overlay_seen_closed(const struct overlay_view *o)
{
	return &o->looks->closed;
}

struct map *overlay_seen_trees(const struct overlay_view *o)
{
	return &o->looks->trees;
}
