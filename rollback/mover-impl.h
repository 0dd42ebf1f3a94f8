#pragma once

/* What the mover's two files share: mover.c walks over a plan's paths, mover-path.c moves one. */

#include "rollback/mover.h"

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"

/* What one path is like right now. */
struct spot {
	struct walk walk;
	struct node node;
};

#define SPOT_INIT                                                                                  \
	{                                                                                          \
		.walk = WALK_INIT                                                                  \
	}

void spot_clear(struct spot *s);
/*
 * As root_walk_nofollow(), but where something on the way is no directory any more there is nothing
 * (no parent, no descriptor): somebody put it there, and what is below is gone.
 */
int walk_or_gone(const struct root *root, const char *path, struct walk *ret, struct error *err);

int spot_look(const struct root *root, const char *path, bool with_digest, struct spot *ret,
	      struct error *err);

/* What is exchanged as a whole, with a staged one: a file or a link. */
bool is_staged_kind(enum node_kind kind);

/* The k-th staged name of a change, in the folder of its target; the caller frees it. */
char *slot_path(const struct mover *m, const struct change *c, size_t k);
const char *base_name(const char *path);

/* Whether others changed nothing of a file but who may do what with it, by node_foreign_aspects(). */
bool only_rights(const char *foreign);

/* Moves one path to its image k. -ESTALE when it is somebody else's now. */
int move_path(struct mover *m, struct change *c, size_t k, struct error *err);

/* Removes these staged files where they are there. Not synced. */
int remove_staged(const struct root *root, const struct strv *staged_paths, struct error *err);
