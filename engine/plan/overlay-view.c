#include "engine/plan/overlay-view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/sysctl.h"
#include "engine/plan/image.h"
#include "engine/plan/rights.h"

#define MAX_LINKS 8

struct overlay_view {
	struct view base;
	const struct root *root;
	struct map images; /* canonical path -> struct image: edited paths */
	struct map folders; /* canonical path -> struct strv: names in it that have images */
	struct map *contents; /* canonical path -> struct buf: files as they are on the host */
	struct map effects; /* subject -> struct effect */
	struct map owners; /* path, newline, subject -> control */
	bool links; /* some link was edited: walks must look at the images on their way's end */
	struct overlay_view *host; /* the same without images and effects; NULL: this is it */
};

static const struct overlay_view *overlay_of(const struct view *v)
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

static void free_buf(void *p)
{
	buf_clear(p);
	free(p);
}

static void free_effect(void *p)
{
	effect_clear(p);
	free(p);
}

/* Where a planned link leads to, from the folder that it is in; the caller frees it. */
static char *link_goal(const struct walk *link, const char *target)
{
	if (target[0] == '/')
		return xstrdup(target);
	return xasprintf("%.*s%s", (int)(link->name - link->path), link->path, target);
}

/*
 * A walk over the host with the planned links laid over it: as root_walk(), but a planned link at
 * the end is followed, and one that is planned to go is not.
 */
static int walk_planned(const struct overlay_view *o, const char *path, struct walk *ret,
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
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r = walk_planned(overlay_of(v), path, &walk, err);

	if (r < 0)
		return r;
	*ret_path = TAKE_PTR(walk.path);
	return 0;
}

/* Whether the plan makes something below the path: then a missing folder is made with it. */
static bool makes_below(const struct overlay_view *o, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < o->images.size; i++) {
		const char *at = o->images.slots[i].key;
		const struct image *image = o->images.slots[i].value;

		if (at && strncmp(at, path, n) == 0 && at[n] == '/' &&
		    image->node.kind != NODE_ABSENT)
			return true;
	}
	return false;
}

/* As compose_changes() makes it. */
static int planned_folder(struct node *ret, struct error *err)
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
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	const struct image *image;
	int r = walk_planned(o, path, &walk, err);

	if (r == -EACCES) { /* an ordinary user meets a closed folder: not measured, not an error */
		error_clear(err);
		node_clear(ret);
		ret->kind = NODE_UNKNOWN;
		ret->error = r;
		return 0;
	}
	if (r < 0)
		return r;
	image = map_get(&o->images, walk.path);
	if (image) {
		node_copy(ret, &image->node);
		return 0;
	}
	r = observe_walk(&walk, 0, ret, err);
	if (r == 0 && ret->kind == NODE_ABSENT && makes_below(o, walk.path))
		return planned_folder(ret, err);
	return r;
}

/* The bytes on the host, read once. */
static int host_content(const struct overlay_view *o, const struct walk *walk,
			const struct buf **ret, struct error *err)
{
	struct buf *content = map_get(o->contents, walk->path);
	CLEANUP(buf_clear) struct buf fresh = {0};
	int r;

	if (!content) {
		r = observe_walk_content(walk, &fresh, err);
		if (r < 0)
			return r;
		content = xcalloc(1, sizeof(*content));
		*content = fresh;
		fresh = (struct buf){0};
		map_put(o->contents, walk->path, content);
	}
	*ret = content;
	return 0;
}

static int overlay_link(const struct view *v, const char *path, char **ret_target, uid_t *ret_owner,
			struct error *err)
{
	const struct overlay_view *o = overlay_of(v);
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(node_clear) struct node node = {0};
	const struct image *image;
	int r = root_walk_nofollow(o->root, path, &walk, err);

	if (r < 0)
		return r;
	image = map_get(&o->images, walk.path);
	if (image)
		node_copy(&node, &image->node);
	else
		r = observe_walk(&walk, 0, &node, err);
	if (r < 0 || node.kind != NODE_SYMLINK)
		return r;
	*ret_target = TAKE_PTR(node.data);
	*ret_owner = node.uid;
	return 1;
}

static int overlay_content(const struct view *v, const char *path, struct buf *ret,
			   struct error *err)
{
	const struct overlay_view *o = overlay_of(v);
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	const struct image *image;
	const struct buf *content = NULL;
	int r = walk_planned(o, path, &walk, err);

	if (r < 0)
		return r;
	image = map_get(&o->images, walk.path);
	if (image && image->node.kind == NODE_ABSENT)
		return error_errno(err, -ENOENT, "cannot read '%s'", path);
	if (image && image->has_content) {
		buf_append(ret, image->content.data, image->content.len);
		return 0;
	}
	r = host_content(o, &walk, &content, err);
	if (r < 0)
		return r;
	buf_append(ret, content->data, content->len);
	return 0;
}

/* The names with those that the plan makes in the folder, and without those that it takes away. */
static void merge_planned(const struct overlay_view *o, const char *folder,
			  const struct strv *planned, struct strv *ret)
{
	struct map there = {0};
	struct strv names = {0};

	for (size_t i = 0; i < ret->count; i++)
		map_put(&there, ret->items[i], ret->items[i]);
	for (size_t i = 0; i < planned->count; i++) {
		CLEANUP(freep)
		char *path = xasprintf("%s/%s", folder[1] ? folder : "", planned->items[i]);
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
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	const struct strv *planned;
	size_t had = ret->count;
	int r = root_walk(o->root, path, &walk, err);

	if (r < 0)
		return r;
	r = observe_children(o->root, walk.path, ret, err);
	planned = map_get(&o->folders, walk.path);
	if (planned)
		merge_planned(o, walk.path, planned, ret);
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
				     struct map *contents)
{
	static const struct view_ops ops = {
		.resolve = overlay_resolve,
		.node = overlay_node,
		.link = overlay_link,
		.content = overlay_content,
		.children = overlay_children,
		.value = overlay_value,
	};
	struct overlay_view *o = xcalloc(1, sizeof(*o));

	o->base.ops = &ops;
	o->base.facts = facts;
	o->contents = contents;
	o->root = root;
	return o;
}

struct overlay_view *overlay_view_new(const struct root *root, const struct facts *facts)
{
	struct map *contents = xcalloc(1, sizeof(*contents));
	struct overlay_view *o = view_new(root, facts, contents);

	o->host = view_new(root, facts, contents);
	return o;
}

void overlay_view_free(struct overlay_view *o)
{
	if (!o)
		return;
	map_clear(&o->images, free_image);
	map_clear(&o->folders, free_names);
	map_clear(o->contents, free_buf);
	free(o->contents);
	map_clear(&o->effects, free_effect);
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

static char *owner_key(const char *path, struct subject subject)
{
	CLEANUP(freep) char *printed = subject_print(subject);

	return xasprintf("%s\n%s", path, printed);
}

static void set_owner(struct overlay_view *o, const char *path, struct subject subject,
		      const char *control)
{
	CLEANUP(freep) char *key = owner_key(path, subject);

	free(map_get(&o->owners, key));
	map_put(&o->owners, key, xstrdup(control));
}

const char *overlay_view_owner(const struct overlay_view *o, const char *path,
			       struct subject subject)
{
	CLEANUP(freep) char *key = owner_key(path, subject);

	return map_get(&o->owners, key);
}

static void remember_in_folder(struct overlay_view *o, const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(freep)
	char *folder = slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	struct strv *names = map_get(&o->folders, folder);

	if (!names) {
		names = xcalloc(1, sizeof(*names));
		map_put(&o->folders, folder, names);
	}
	strv_add(names, slash + 1);
}

/* The overlay's image of a path; the first edit of content also brings the content in. */
static int edited_image(struct overlay_view *o, const struct walk *walk, bool with_content,
			struct image **ret, struct error *err)
{
	struct image *image = map_get(&o->images, walk->path);
	const struct buf *content = NULL;
	int r = 0;

	if (!image) {
		image = xcalloc(1, sizeof(*image));
		map_put(&o->images, walk->path, image);
		remember_in_folder(o, walk->path);
		r = image_observe(walk, false, image, err);
	}
	if (r >= 0 && with_content && image->node.kind == NODE_FILE && !image->has_content) {
		r = host_content(o, walk, &content, err);
		if (r >= 0)
			image_set_content(image, content->data, content->len);
	}
	*ret = image;
	return r;
}

/*
 * Several resources of one control may cap one mode, each for what it found there: what the one
 * takes away, the other must not give back.
 */
static void narrow_mode(struct edit *edit, const char *now)
{
	char *mode;

	if (edit->subject.scheme != SCHEME_MODE || !edit->before || !edit->after || !now)
		return;
	mode = rights_mode(edit->before, edit->after, now);
	free(edit->after);
	edit->after = mode;
}

int overlay_view_edit(struct overlay_view *o, struct edit *edit, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(freep) char *value = NULL;
	struct image *image;
	bool link = subject_is_link(edit->subject);
	int r = link ? root_walk_nofollow(o->root, edit->path, &walk, err)
		     : walk_planned(o, edit->path, &walk, err);

	if (r < 0)
		return r;
	str_replace(&edit->path, walk.path);
	r = edited_image(o, &walk, edit_is_content(edit), &image, err);
	if (r >= 0)
		r = image_value(image, edit->subject, &value, err);
	if (r < 0)
		return r;
	narrow_mode(edit, value);
	str_replace(&edit->before, value);
	if (image_value_same(edit->subject, value, edit->after))
		return 0;
	r = image_apply_edit(image, edit, err);
	if (r < 0)
		return r;
	o->links |= link;
	set_owner(o, edit->path, edit->subject, edit->control);
	return 1;
}

void overlay_view_effect(struct overlay_view *o, const struct effect *effect)
{
	struct effect *copy = xcalloc(1, sizeof(*copy));
	CLEANUP(freep) char *printed = subject_print(effect->subject);
	struct effect *had = map_get(&o->effects, printed);

	effect_copy(copy, effect);
	map_put(&o->effects, printed, copy);
	if (had)
		free_effect(had);
	set_owner(o, "", effect->subject, effect->control);
}
