#pragma once

/*
 * A directory as text, a line for each thing in it: kind, mode, owner, flags, xattrs (ACLs among
 * them), content, and the time of files that are older than the run. Two equal texts are two
 * equal hosts. Written against the plain system calls, so that it shares no mistake with the
 * engine. The state directory of harden is left out.
 */

#include "engine/base/strv.h"

/* 0 or negative errno. Sorted by path. */
int tree_read(const char *directory, struct strv *ret);

/* The lines without staged files; how many of those there were. */
size_t tree_drop_staged(struct strv *lines);

/* The first line in which two trees differ, for people; NULL when they are equal. The caller frees it. */
char *tree_difference(const struct strv *a, const struct strv *b);
