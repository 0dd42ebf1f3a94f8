#pragma once

/*
 * Looking at a host without leaving a trace: nodes, contents, folders. Files are opened with
 * O_NOATIME where that is allowed, O_NONBLOCK and O_NOFOLLOW. Host, read side.
 */

#include "engine/base/buf.h"
#include "engine/base/strv.h"
#include "engine/host/root.h"
#include "engine/model/node.h"

#define OBSERVE_MAX_CONTENT (64U << 20) /* a configuration file above that is refused (-EFBIG) */

enum observe_flags {
	OBSERVE_DIGEST = 1 << 0, /* also digest a file's content into node.data */
};

/* The node a walk ended at; a missing one is ABSENT. UNKNOWN carries the errno. */
int observe_walk(const struct walk *w, unsigned flags, struct node *ret, struct error *err);

/* Walks and observes. ret_path (may be NULL) gets the canonical path. */
int observe(const struct root *r, const char *path, unsigned flags, struct node *ret,
	    char **ret_path, struct error *err);

/* Appends a file's bytes. -ENOENT when it is missing, -EISDIR or -EINVAL when it is no file. */
int observe_content(const struct root *r, const char *path, struct buf *ret, struct error *err);
int observe_walk_content(const struct walk *w, struct buf *ret, struct error *err);

/* Appends the sorted names in a folder. */
int observe_children(const struct root *r, const char *path, struct strv *ret, struct error *err);
