#pragma once

/*
 * Moves the files of a plan to one of its boundaries: every path to its image there. A move is
 * idempotent and needs no progress records: it looks at the host, and each aspect of what it
 * finds belongs to one of the path's images, or is somebody else's and is left alone.
 *
 * Content is swapped in from a staged file beside the target. The file that comes out is kept
 * under the staged name until the end, so that moving back is the same swap, with the old inode.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/host/read/handles.h"
#include "engine/model/plan.h"

struct mover {
	const struct root *root;
	struct plan *plan;
	const char *tag; /* of this transaction's staged files */
	struct handles *pass; /* of the mover_move() that is under way, ... */
	bool may_wait; /* ... which goes on while what it stages is not durable yet */
	struct strv notes; /* what stays behind for good reasons: "'/etc/docker' is not empty" */
	bool keep_foreign; /* a person said that what others changed stays: noted, not `foreign` */
	bool other_boot; /* what lies in memory is of a boot that is over: it is passed over */
	bool memory_lasts; /* ... but for file systems in memory: the journal outlived it on one */
	struct strv spared; /* paths that no move touches now */
	bool met_foreign; /* some mover_move() passed over what others changed, ... */
	struct strv foreign_paths; /* ... the last one */
};

/* Whether a descriptor's file system is one in memory, as /run is. */
bool mover_is_in_memory(int fd);

/* What it has noted; not root and plan. */
void mover_clear(struct mover *m);

/* -ESTALE, naming the path and what differs, when the host is not as images[0] say. */
int mover_check_start(const struct mover *m, struct error *err);

/* Stages every image that a walk up will need. Not synced. */
int mover_stage(const struct mover *m, struct error *err);

/* All names under which files may be staged, absolute, appended to ret. */
void mover_staged_paths(const struct mover *m, struct strv *ret);

/* Syncs every file system that holds a path of the plan. */
int mover_sync(const struct mover *m, struct error *err);

/*
 * Moves all paths to boundary k and syncs. Stops at the first failure; with `foreign` not
 * NULL, paths that somebody else changed are named there (or noted) and passed over instead.
 */
int mover_move(struct mover *m, size_t k, struct strv *foreign, struct error *err);

/*
 * Why a walk down that began now would leave the path as it is: what others changed of it since ("mode, content"), or
 * that it cannot be looked at. `keep_foreign` as above. NULL: it would not; the caller frees it.
 */
char *mover_would_leave(const struct root *root, const struct change *c, bool keep_foreign);

/* Removes the staged files, durably: then they may be forgotten. */
int mover_sweep(const struct root *root, const struct strv *staged_paths, struct error *err);
