#pragma once

/*
 * Looking at a host without leaving a trace: nodes, contents, directories. Files are opened with
 * O_NOATIME where that is allowed and O_NONBLOCK, from the descriptor of a walk; pipes, devices
 * and sockets are never opened. Host, read side.
 */

#include "engine/base/buf.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"
#include "engine/model/node.h"

#define OBSERVE_MAX_CONTENT (64U << 20) /* a configuration file above that is refused (-EFBIG) */

/* Of a mode as stat(2) has it. */
enum node_kind observe_kind(mode_t mode);

enum observe_flags {
	OBSERVE_DIGEST = 1 << 0, /* also digest a file's content into node.data */
};

/*
 * The node a walk ended at; a missing one is ABSENT. What cannot be looked at is UNKNOWN with
 * its errno, which is not an error: negative returns are for this process's own limits (-EMFILE,
 * -ENFILE, -ENOMEM). With OBSERVE_DIGEST a file that cannot be read is UNKNOWN.
 */
int observe_walk(const struct walk *w, unsigned flags, struct node *ret, struct error *err);

/* As observe_walk(), of any descriptor, O_PATH or not: for what has no walk, like a displaced file. */
int observe_fd(int fd, unsigned flags, struct node *ret, struct error *err);

/*
 * Walks and observes. ret_path (may be NULL) gets the canonical path, or the given one when the
 * walk ended early at something that cannot be looked into (UNKNOWN: -EACCES, -ENOTDIR, ...).
 * Errors are those above and of paths that are refused (-EINVAL, -ELOOP, -EMLINK, -ENAMETOOLONG).
 */
int observe(const struct root *r, const char *path, unsigned flags, struct node *ret,
	    char **ret_path, struct error *err);

/* Whether two names lead to one place, by links or not; false where one cannot be walked. */
bool observe_is_same(const struct root *r, const char *a, const char *b);

/* Appends a file's bytes. -ENOENT when it is missing, -EISDIR or -EINVAL when it is not a file. */
int observe_content(const struct root *r, const char *path, struct buf *ret, struct error *err);
int observe_walk_content(const struct walk *w, struct buf *ret, struct error *err);

/* Appends at most so many bytes of its beginning. */
int observe_walk_beginning(const struct walk *w, size_t most, struct buf *ret, struct error *err);

/* As observe_content() of a name in a directory that a walk ended at: for who reads many there. */
int observe_content_in(const struct root *r, const struct walk *directory, const char *name,
		       struct buf *ret, struct error *err);
int observe_fd_content(int fd, struct buf *ret, struct error *err);

/* Appends the sorted names in a directory. -ENOENT when it is missing, -ENOTDIR when it is none. */
int observe_children(const struct root *r, const char *path, struct strv *ret, struct error *err);

/*
 * Appends the paths that a pattern stands for, sorted, as glob(7) has it; a path without a pattern
 * stands for itself, whether it is there or not. What cannot be looked into has no names.
 */
void observe_glob(const struct root *r, const char *pattern, struct strv *ret);
