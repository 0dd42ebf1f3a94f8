#pragma once

/*
 * Directories that hold one layer of a file system, as overlay2 keeps them: of an image, or what a
 * container wrote. What is in them was made by others, so nothing is followed, opened or believed:
 * the walk goes down on descriptors, names are only looked at. A directory that holds a whiteout
 * (a character device 0/0) or is opaque hides what lies in the layers below. Host, read side.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"

#define LAYER_MAX_DEPTH 100 /* directories within directories; each needs a descriptor */

struct layer_search {
	bool (*wanted)(const char *path); /* of files, by their path in the layer; NULL: none */
	bool whiteouts; /* those are wanted too */
	bool rights; /* files that are setuid or setgid or have capabilities */
	size_t budget; /* how many names may still be looked at, in this search and the next ones */
};

struct layer_files {
	struct strv wanted, rights; /* paths that begin with a slash */
};

/*
 * Looks through the layer, or what is below one directory of it ("usr/bin"; NULL: all of it). That
 * there is no such directory is fine. -ENOENT: there is no layer; -E2BIG: the budget is used up, or
 * the directories are too deep; -EACCES.
 */
int layer_scan(const struct root *root, const char *layer, const char *below,
	       struct layer_search *search, struct layer_files *ret, struct error *err);

/* 1: the layer has something of its own at `path`, or hides what others have there; 0: not. */
int layer_hides(const struct root *root, const char *layer, const char *path, struct error *err);

void layer_files_clear(struct layer_files *f);
