#include "engine/plan/overlay-view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/sysctl.h"
#include "engine/plan/image.h"
#include "engine/plan/overlay-view-impl.h"

#define MAX_LINKS 8

const struct overlay_view *overlay_of(const struct view *v)
{
	return (const struct overlay_view *)((const char *)v - offsetof(struct overlay_view, base));
}

static void free_names(void *p)
{
	strv_clear(p);
	free(p);
}

static void free_image(void *p)
{
	image_clear(p);
	free(p);
}

void overlay_effect_free(void *p)
{
	effect_clear(p);
	free(p);
}

/* Where a planned link leads to, from the directory that it is in; the caller frees it. */
static char *link_goal(const struct walk *link, const char *target)
{
	if (target[0] == '/')
		return xstrdup(target);
	return xasprintf("%.*s%s", (int)(link->name - link->path), link->path, target);
}

int overlay_walk(const struct overlay_view *o, const char *path, struct walk *ret,
		 struct error *err)
{
	CLEANUP(freep) char *at = xstrdup(path);

	for (int i = 0; o->links && i < MAX_LINKS; i++) {
		CLEANUP(walk_clear) struct walk walk = WALK_INIT;
		const struct image *image;
		int r = root_walk_nofollow(o->root, at, &walk, err);

		if (r < 0)
			return r;
		image = map_get(&o->images, walk.path);
		if (image && image->node.kind != NODE_SYMLINK) {
			*ret = walk;
			walk = (struct walk)WALK_INIT;
			return 0;
		}
		if (!image)
			break;
		free(at);
		at = link_goal(&walk, image->node.data);
	}
	return root_walk(o->root, at, ret, err);
}

static int overlay_resolve(const struct view *v, const char *path, char **ret_path,
			   struct error *err)
{
	const struct overlay_view *o = overlay_of(v);
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	const struct overlay_look *seen;
	int r = o->links ? overlay_walk(o, path, &walk, err) : overlay_look(o, path, &seen, err);

	if (r >= 0)
		*ret_path = o->links ? TAKE_PTR(walk.path) : xstrdup(seen->path);
	return r;
}

static void look_clear(struct overlay_look *look)
{
	free(look->path);
	node_clear(&look->node);
}

/* What the host has where a path leads: what was seen already, or what is looked at now, into `own`. */
static int look(const struct overlay_view *o, const char *path, struct overlay_look *own,
		const struct overlay_look **ret, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r;

	if (!o->links)
		return overlay_look(o, path, ret, err);
	r = overlay_walk(o, path, &walk, err);
	if (r >= 0)
		r = observe_walk(&walk, 0, &own->node, err);
	own->path = TAKE_PTR(walk.path);
	*ret = own;
	return r;
}

/* Whether the plan makes something below the path: then a missing directory is made with it. */
static bool makes_below(const struct overlay_view *o, const char *path)
{
	return map_get(&o->above, path) != NULL;
}

/* As compose_changes() makes it. */
static int planned_directory(struct node *ret, struct error *err)
{
	char after[] = "dir";
	const struct edit made = {.subject = subject_path(SCHEME_EXISTS), .after = after};
	struct image image = {.node.kind = NODE_ABSENT};
	int r = image_apply_edit(&image, &made, err);

	node_copy(ret, &image.node);
	image_clear(&image);
	return r;
}

static int overlay_node(const struct view *v, const char *path, struct node *ret, struct error *err)
{
	const struct overlay_view *o = overlay_of(v);
	CLEANUP(look_clear) struct overlay_look own = {0};
	const struct overlay_look *seen;
	const struct image *image;
	int r = look(o, path, &own, &seen, err);

	if (r ==
	    -EACCES) { /* an ordinary user meets a closed directory: not measured, not an error */
		error_clear(err);
		node_clear(ret);
		ret->kind = NODE_UNKNOWN;
		ret->error = r;
		return 0;
	}
	if (r < 0)
		return r;
	image = map_get(&o->images, seen->path);
	if (!image && seen->node.kind == NODE_ABSENT && makes_below(o, seen->path))
		return planned_directory(ret, err);
	node_copy(ret, image ? &image->node : &seen->node);
	return 0;
}

static int overlay_link(const struct view *v, const char *path, char **ret_target, uid_t *ret_owner,
			struct error *err)
{
	const struct overlay_view *o = overlay_of(v);
	const struct overlay_look *seen;
	const struct image *image;
	const struct node *node;
	int r = overlay_look_end(o, path, &seen, err);

	if (r < 0)
		return r;
	image = map_get(&o->images, seen->path);
	node = image ? &image->node : &seen->node;
	if (node->kind != NODE_SYMLINK)
		return 0;
	*ret_target = xstrdup(node->data);
	*ret_owner = node->uid;
	return 1;
}

/* Of what is there already, no walk is needed. */
/* By what was seen of it already: who asks a hundred times for a file that is not there walks to it once. */
static bool is_seen_absent(const struct overlay_view *o, const char *path)
{
	const struct overlay_look *seen;

	return !o->links && overlay_look(o, path, &seen, NULL) >= 0 &&
	       seen->node.kind == NODE_ABSENT;
}

static int host_content(const struct overlay_view *o, const char *path, const char *at,
			const struct buf **ret, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r;

	*ret = overlay_seen_content(o, at);
	if (*ret)
		return 0;
	if (is_seen_absent(o, path))
		return error_errno_at(err, -ENOENT, at, "cannot read '%s'", at);
	r = overlay_walk(o, path, &walk, err);
	return r < 0 ? r : overlay_host_content(o, &walk, ret, err);
}

static int overlay_content(const struct view *v, const char *path, struct buf *ret,
			   struct error *err)
{
	const struct overlay_view *o = overlay_of(v);
	CLEANUP(freep) char *at = NULL;
	const struct image *image;
	const struct buf *content = NULL;
	int r = overlay_resolve(v, path, &at, err);

	if (r < 0)
		return r;
	image = map_get(&o->images, at);
	if (image && image->node.kind == NODE_ABSENT)
		return error_errno_at(err, -ENOENT, path, "cannot read '%s'", path);
	if (image && image->has_content) {
		buf_append(ret, image->content.data, image->content.len);
		return 0;
	}
	r = host_content(o, path, at, &content, err);
	if (r < 0)
		return r;
	buf_append(ret, content->data, content->len);
	return 0;
}

/*
 * The names with those that the plan makes in the directory, and without those that it takes away.
 */
static void merge_planned(const struct overlay_view *o, const char *directory,
			  const struct strv *planned, struct strv *ret)
{
	struct map there = {0};
	struct strv names = {0};

	for (size_t i = 0; i < ret->count; i++)
		map_put(&there, ret->items[i], ret->items[i]);
	for (size_t i = 0; i < planned->count; i++) {
		CLEANUP(freep)
		char *path = xasprintf("%s/%s", directory[1] ? directory : "", planned->items[i]);
		const struct image *image = map_get(&o->images, path);
		bool gone = image->node.kind == NODE_ABSENT;

		if (!gone && !map_get(&there, planned->items[i]))
			strv_add(&names, planned->items[i]);
		if (gone)
			map_put(&there, planned->items[i], NULL);
	}
	for (size_t i = 0; i < ret->count; i++)
		if (map_get(&there, ret->items[i]))
			strv_add(&names, ret->items[i]);
	map_clear(&there, NULL);
	strv_clear(ret);
	*ret = names;
}

static int overlay_children(const struct view *v, const char *path, struct strv *ret,
			    struct error *err)
{
	const struct overlay_view *o = overlay_of(v);
	const struct overlay_look *seen;
	const struct strv *planned;
	size_t had = ret->count;
	int r = overlay_look(o, path, &seen, err);

	if (r < 0)
		return r;
	r = seen->node.kind == NODE_ABSENT
		    ? error_errno_at(err, -ENOENT, seen->path, "cannot list '%s'", seen->path)
		    : overlay_host_children(o, seen->path, ret, err);
	planned = map_get(&o->directories, seen->path);
	if (planned)
		merge_planned(o, seen->path, planned, ret);
	if (r == -ENOENT && ret->count > had) {
		error_clear(err);
		r = 0;
	}
	strv_sort(ret);
	return r;
}

static int overlay_value(const struct view *v, enum handler handler, struct subject subject,
			 char **ret, struct error *err)
{
	const struct overlay_view *o = overlay_of(v);
	CLEANUP(freep) char *printed = subject_print(subject);
	const struct effect *effect = map_get(&o->effects, printed);
	int r;

	if (effect) {
		*ret = xstrdup_null(effect->after);
		return 1;
	}
	if (handler != HANDLER_SYSCTL || subject.scheme != SCHEME_SYSCTL || o->root->offline)
		return 0;
	r = sysctl_read(subject.key, ret, err);
	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	return r < 0 ? r : 1;
}

static struct overlay_view *view_new(const struct root *root, const struct facts *facts,
				     struct overlay_looks *looks)
{
	static const struct view_ops ops = {
		.resolve = overlay_resolve,
		.node = overlay_node,
		.link = overlay_link,
		.content = overlay_content,
		.children = overlay_children,
		.value = overlay_value,
		.tree = overlay_tree,
	};
	struct overlay_view *o = xcalloc(1, sizeof(*o));

	o->base.ops = &ops;
	o->base.facts = facts;
	o->looks = looks;
	o->root = root;
	return o;
}

struct overlay_view *overlay_view_new(const struct root *root, const struct facts *facts,
				      struct overlay_looks *looks)
{
	struct overlay_looks *own = looks ? NULL : overlay_looks_new();
	struct overlay_view *o = view_new(root, facts, looks ? looks : own);

	o->own = own;
	o->base.closed = &o->closed;
	o->host = view_new(root, facts, o->looks);
	o->host->base.closed = overlay_seen_closed(o);
	return o;
}

void overlay_view_free(struct overlay_view *o)
{
	if (!o)
		return;
	map_clear(&o->images, free_image);
	map_clear(&o->directories, free_names);
	map_clear(&o->above, NULL);
	map_clear(&o->closed, NULL);
	overlay_looks_free(o->own);
	map_clear(&o->effects, overlay_effect_free);
	map_clear(&o->owners, free);
	free(o->host);
	free(o);
}

const struct view *overlay_view_base(const struct overlay_view *o)
{
	return &o->base;
}

const struct view *overlay_view_host(const struct overlay_view *o)
{
	return &o->host->base;
}
