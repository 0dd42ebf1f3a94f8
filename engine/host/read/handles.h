#pragma once

/*
 * Directories that were walked to, kept open for who looks at many things: what is in one of them is
 * looked at from its descriptor, by one name. The walk to the directory is that of root.h with all
 * that it refuses, and so is the one to whatever is a link or looks odd; what is found is where
 * the name leads as long as nobody moves a directory meanwhile. So these are for plans, and for one pass
 * of who writes: the next pass walks anew, and what is changed is compared. Host, read side.
 */

#include "engine/host/read/root.h"
#include "engine/model/node.h"

#define HANDLES_MAX 64 /* directories; the one that was not asked for longest is closed */

struct handles;

/* `root` is borrowed. */
struct handles *handles_new(const struct root *root);
void handles_free(struct handles *h);
DEFINE_CLEANUP(struct handles *, handles_free)

/* As root_walk_nofollow(), but `parent` stays -1. */
int handles_walk_nofollow(struct handles *h, const char *path, struct walk *ret, struct error *err);

/*
 * The directory that holds the path, -1 where there is none; as root_walk_nofollow() has it as `parent`. It
 * stays open until HANDLES_MAX others were asked for.
 */
int handles_directory(struct handles *h, const char *path, int *ret, struct error *err);

/* Who made, took away or exchanged a directory or a link walks anew from there on. */
void handles_forget(struct handles *h);

/* As root_look() and observe_walk(): where the path leads to, and what is there. */
int handles_look(struct handles *h, const char *path, char **ret_path, struct node *ret,
		 struct error *err);

/* The same, but a link at the end is looked at, not followed. */
int handles_look_end(struct handles *h, const char *path, char **ret_path, struct node *ret,
		     struct error *err);
