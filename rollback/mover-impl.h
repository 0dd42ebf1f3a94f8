#pragma once

/* What the mover's two files share: mover.c walks over a plan's paths, mover-path.c moves one. */

#include "rollback/mover.h"

/* Whether others changed nothing of a file but who may do what with it. */
bool only_rights(const struct change *c, const struct node *n);

/* What of it is none of the change's images', "" for nothing; NULL: it is image k already. The caller frees it. */
char *foreign_to(const struct change *c, size_t k, const struct node *now);

/* Whether that is only about rights, beside which image k can be put all the same where a person said so. */
bool goes_beside(const struct change *c, size_t k, const struct node *now);

/* The image is staged, but not durable yet: the path's turn comes again when it is. */
#define MOVE_LATE 1

/* Moves one path to its image k, or MOVE_LATE where it may wait. -ESTALE when it is somebody else's now. */
int move_path(struct mover *m, struct change *c, size_t k, struct error *err);
