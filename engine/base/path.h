#pragma once

/*
 * Paths as text: nothing here looks at a host. A path is canonical ("/a/b": absolute, no "//", no
 * "." or ".."); of what stands for a directory a "/" at the end does not count.
 */

#include <stdbool.h>

#include "engine/base/strv.h"

/* The last component, which may be ""; of what has no "/" all. Points into the path. */
const char *path_name(const char *path);

/* The directory that it is in: "/" for "/a" and for "/", "" for what has no "/". The caller frees it. */
char *path_parent(const char *path);

/* The same in place; false, and nothing is changed, for "/" and for what has no "/". */
bool path_up(char *path);

/* "DIRECTORY/NAME", "/NAME" for the root; the directory itself for the name "". The caller frees it. */
char *path_join(const char *directory, const char *name);

/*
 * What a name means in a directory, as text: "../b/c" from "/a" is "/b/c", and an absolute one is itself, without
 * "//", "." and "..". The caller frees it.
 */
char *path_from(const char *directory, const char *name);

/* Appends "DIRECTORY/NAME" for each name that the glob ("*.conf") matches; none that begins with a dot. */
void path_add_matching(struct strv *ret, const char *directory, const struct strv *names,
		       const char *glob);

/* What of the path stands behind the directory: "" for itself, "/x" for below, NULL for neither. */
const char *path_behind(const char *path, const char *directory);

/* What a name leads to that stands for nothing on purpose (systemd.unit(5)). */
#define PATH_MASK "/dev/null"
bool path_is_mask(const char *path);

bool path_is_below(const char *path, const char *directory);

/* Itself, or below. */
bool path_is_within(const char *path, const char *directory);

/* /var/run is /run: below it the path as it is there, any other as it is. Points into the path. */
const char *path_without_var(const char *path);
