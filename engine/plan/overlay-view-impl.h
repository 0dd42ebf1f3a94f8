#pragma once

/*
 * The overlay's inside, shared by its parts: overlay-view.c reads (the host with what is planned
 * laid over it), overlay-edit.c lays over (edits, effects, and whose they are), overlay-look.c keeps
 * what was seen of the host, overlay-tree.c what is worth keeping of a tree.
 */

#include "engine/base/map.h"
#include "engine/plan/overlay-view.h"

struct overlay_view {
	struct view base;
	const struct root *root;
	struct map images; /* canonical path -> struct image: edited paths */
	struct map directories; /* canonical path -> struct strv: names in it that have images */
	struct map above; /* canonical path -> how many images below it are of something */
	struct map closed; /* of the base; an edit of one of them forgets all */
	struct overlay_looks *looks; /* what was seen of the host; shared with `host` */
	struct overlay_looks *own; /* the same, where it is this view's to free */
	struct map effects; /* subject -> struct effect */
	struct map owners; /* path, newline, subject -> control */
	bool links; /* some link was edited: walks must look at the images on their way's end */
	struct overlay_view *host; /* the same without images and effects; NULL: this is it */
};

/*
 * A walk over the host with the planned links laid over it: as root_walk(), but a planned link at
 * the end is followed, and one that is planned to go is not.
 */
int overlay_walk(const struct overlay_view *o, const char *path, struct walk *ret,
		 struct error *err);

/* What the host has at a path, and where that leads: as root_walk() and observe_walk(), once a view. */
struct overlay_look {
	char *path; /* canonical */
	struct node node;
};

int overlay_look(const struct overlay_view *o, const char *path, const struct overlay_look **ret,
		 struct error *err);

/* The same, but a link at the end is looked at, not followed. */
int overlay_look_end(const struct overlay_view *o, const char *path,
		     const struct overlay_look **ret, struct error *err);

/* The names in a directory of the host, at a canonical path; listed once. */
int overlay_host_children(const struct overlay_view *o, const char *path, struct strv *ret,
			  struct error *err);

/* The bytes on the host, read once; NULL: not yet. */
const struct buf *overlay_seen_content(const struct overlay_view *o, const char *path);
int overlay_host_content(const struct overlay_view *o, const struct walk *walk,
			 const struct buf **ret, struct error *err);

/* The directories of the host alone that are closed: path_guard(). */
struct map *overlay_seen_closed(const struct overlay_view *o);

/* The trees of the host that were seen, each by who asked (overlay-tree.c). */
struct map *overlay_seen_trees(const struct overlay_view *o);
void overlay_seen_tree_free(void *tree);

void overlay_tree(const struct view *v, const char *directory, const struct tree_visitor *visitor);

/* The overlay that a view is part of. */
const struct overlay_view *overlay_of(const struct view *v);

/* A struct effect of the map of effects. */
void overlay_effect_free(void *effect);
