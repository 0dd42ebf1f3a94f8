#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/plan/image.h"
#include "engine/plan/overlay-view-impl.h"
#include "engine/plan/rights.h"

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

static void remember_in_directory(struct overlay_view *o, const char *path)
{
	CLEANUP(freep) char *directory = path_parent(path);
	struct strv *names = map_get(&o->directories, directory);

	if (!names) {
		names = xcalloc(1, sizeof(*names));
		map_put(&o->directories, directory, names);
	}
	strv_add(names, path_name(path));
}

/* Each directory above the path, up to the root, has one more or one less of something below it. */
static void count_above(struct overlay_view *o, const char *path, bool more)
{
	CLEANUP(freep) char *at = xstrdup(path);

	while (path_up(at)) {
		uintptr_t count = (uintptr_t)map_get(&o->above, at);

		map_put(&o->above, at, (void *)(more ? count + 1 : count - 1));
	}
}

/*
 * Where an edit goes. `seen` is what the host has there: of that no more is looked at than was, unless
 * bytes are wanted or a planned link may lead elsewhere; then it is NULL, and the walk has it open.
 */
static int find_place(const struct overlay_view *o, const struct edit *edit, struct walk *walk,
		      const struct overlay_look **seen, struct error *err)
{
	int r;

	*seen = NULL;
	if (subject_is_link(edit->subject))
		return root_walk_nofollow(o->root, edit->path, walk, err);
	if (o->links || edit_is_content(edit))
		return overlay_walk(o, edit->path, walk, err);
	r = overlay_look(o, edit->path, seen, err);
	if (r >= 0)
		walk->path = xstrdup((*seen)->path);
	return r;
}

/* The overlay's image of a path; the first edit of content also brings the content in. */
static int edited_image(struct overlay_view *o, const struct walk *walk,
			const struct overlay_look *seen, bool with_content, struct image **ret,
			struct error *err)
{
	struct image *image = map_get(&o->images, walk->path);
	const struct buf *content = NULL;
	int r = 0;

	if (!image) {
		image = xcalloc(1, sizeof(*image));
		map_put(&o->images, walk->path, image);
		remember_in_directory(o, walk->path);
		if (seen)
			node_copy(&image->node, &seen->node);
		else
			r = image_observe(walk, false, image, err);
	}
	if (r >= 0 && with_content && image->node.kind == NODE_FILE && !image->has_content) {
		r = overlay_host_content(o, walk, &content, err);
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

static int lay_edit(struct overlay_view *o, struct edit *edit, const struct walk *walk,
		    const struct overlay_look *seen, struct error *err)
{
	CLEANUP(freep) char *value = NULL;
	struct image *image;
	int r = edited_image(o, walk, seen, edit_is_content(edit), &image, err);

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
	o->links |= subject_is_link(edit->subject);
	set_owner(o, edit->path, edit->subject, edit->control);
	return 1;
}

static bool has_something(const struct overlay_view *o, const char *path)
{
	const struct image *image = map_get(&o->images, path);

	return image && image->node.kind != NODE_ABSENT;
}

int overlay_view_edit(struct overlay_view *o, struct edit *edit, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	const struct overlay_look *seen;
	bool had;
	int r = find_place(o, edit, &walk, &seen, err);

	if (r < 0)
		return r;
	str_replace(&edit->path, walk.path);
	if (map_get(&o->closed, walk.path))
		map_clear(&o->closed, NULL);
	had = has_something(o, walk.path);
	r = lay_edit(o, edit, &walk, seen, err);
	if (has_something(o, walk.path) != had)
		count_above(o, walk.path, !had);
	return r;
}

void overlay_view_effect(struct overlay_view *o, const struct effect *effect)
{
	struct effect *copy = xcalloc(1, sizeof(*copy));
	CLEANUP(freep) char *printed = subject_print(effect->subject);
	struct effect *had = map_get(&o->effects, printed);

	effect_copy(copy, effect);
	map_put(&o->effects, printed, copy);
	if (had)
		overlay_effect_free(had);
	set_owner(o, "", effect->subject, effect->control);
}
