#pragma once

/*
 * The only code that changes files of a host. Everything acts on descriptors of a walk, never
 * on paths. Nothing here decides: the transaction does. Host, write side.
 *
 * A staged file is called `.NAME.harden-XXXXXX` (X from the transaction's id and a number),
 * lies beside its target and is 0600 until it carries the attributes it shall have.
 */

#include "engine/host/read/root.h"
#include "engine/model/change.h"

/* The name under which a target is staged; the caller frees it. `name` is cut so that it fits in NAME_MAX. */
char *staged_name(const char *name, const char *tag);

/* Whether a name is a staged one; *ret_tag (may be NULL) gets its tag. */
bool is_staged_name(const char *name, char **ret_tag);

/*
 * Makes `staged` in the directory `parent` with the bytes and the attributes of the image: content,
 * owner, mode, ACL, xattrs, mtime (when the image's node has one, tv_sec != 0), in the order that keeps
 * capabilities. The image is a FILE or a SYMLINK. Not synced. -EEXIST when the name is taken.
 */
int write_staged(int parent, const char *staged, const struct image *image, struct error *err);

/*
 * All names below are single components (-EINVAL otherwise, also for "." and ".."), so that a
 * name read from a journal cannot lead elsewhere.
 *
 * Swaps target and staged (both exist), atomically.
 */
int write_exchange(int parent, const char *name, const char *staged, struct error *err);

/* Moves staged to the target, which must not exist. */
int write_place(int parent, const char *name, const char *staged, struct error *err);

/* Moves the target out of the way to `staged`, which must not exist. */
int write_displace(int parent, const char *name, const char *staged, struct error *err);

/* Removes a staged name, be it a file or an empty directory; that it is missing is fine. */
int write_unlink(int parent, const char *staged, struct error *err);

/*
 * Makes a directory with the attributes of its image (-EEXIST when the name is taken); removes an
 * empty one.
 */
int write_mkdir(int parent, const char *name, const struct node *node, struct error *err);
int write_rmdir(int parent, const char *name, struct error *err);

/*
 * Changes owner, group, mode, ACLs and xattrs of the thing behind the O_PATH descriptor to those
 * of `node`, on the descriptor, only where they differ, in the order that loses nothing
 * (chown clears setuid bits and capabilities) and that lets nobody in meanwhile whom neither the
 * old nor the new attributes let in. Xattrs that `node` lacks are removed, except labels that
 * the kernel gives by itself. -EINVAL, and nothing is touched, when it is a thing of another
 * kind or the ACL and the mode of `node` contradict each other. Of a link only the owner counts.
 */
int write_attributes(int fd, const struct node *node, struct error *err);

/*
 * Gives a file or directory exactly these of the immutable and append-only flags. fd may be O_PATH.
 */
int write_flags(int fd, unsigned flags, struct error *err);

/*
 * syncfs() of the file system that holds fd. Errors are final: never retry. Takes an O_PATH
 * descriptor and reopens it. syncfs() then reports the write errors that nobody was told of before;
 * to learn of all of them, hand in a descriptor that is not O_PATH and was opened before the first
 * write.
 */
int write_sync_fs(int fd, struct error *err);
