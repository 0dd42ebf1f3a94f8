#pragma once

/*
 * What a rollback finds where its file was: mostly a file whose values it can compare one by one,
 * but sometimes one that somebody broke (it does not parse, has a NUL byte), something else in its
 * place (a link, a directory), or nothing. Then there are no three values to compare: the path is a
 * conflict as a whole, which a person decides.
 */

#include "engine/host/root.h"
#include "engine/model/change.h"
#include "engine/model/plan.h"

/*
 * Looks at the path of a change as it is now. *ret_why (the caller's) says, with line and column
 * where they are known, why its values cannot be told; NULL when they can. `only` is the control
 * that is to be undone, NULL for all.
 */
int broken_look(const struct root *root, const struct change *was, const char *only,
		struct image *ret_now, char **ret_why, struct error *err);

/* Nothing is there, and nothing of ours was left in it: it is as undone as it can be. */
bool broken_is_settled(const struct change *was, const struct image *now);

/*
 * What is put there all the same: the recorded image from before; with `only`, what was applied
 * but for that control. `change` has the path and images[0], and gets images[1] and the edits.
 * -EEXIST when what stands there cannot be replaced without losing what is in it.
 */
int broken_rebuild(const struct root *root, const struct change *was, const char *only,
		   struct change *change, struct error *err);

/* The directories that are missing above what the plan makes, as they were recorded or root's. */
int broken_add_parents(struct plan *plan, const struct plan *was, const struct root *root,
		       struct error *err);
