#pragma once

/*
 * What a rollback finds where its file was: mostly a file whose values it can compare one by one,
 * but sometimes one that somebody broke (it does not parse, has a NUL byte), something else in its
 * place (a link, a directory), or nothing. Then there are no three values to compare: the path is a
 * conflict as a whole, which a person decides.
 */

#include "engine/host/read/root.h"
#include "engine/model/change.h"
#include "engine/model/plan.h"

/*
 * Looks at a path as it is now. *ret_why (the caller's) says, with line and column where they are
 * known, why the values of these edits cannot be told there; NULL when they can. `expected` is what
 * should be there, `edits` are those to be undone.
 */
int broken_look(const struct root *root, const char *path, const struct image *expected,
		const struct edits *edits, bool with_content, struct image *ret_now, char **ret_why,
		struct error *err);

/* Nothing, or nothing but white space. */
bool broken_blank(const struct buf *text);

/*
 * Why an emptied file is not an edit like others: nothing but blanks are in it, and what comes back
 * (`target`) has bytes in it that are nowhere else. NULL: it is not emptied, or loses nothing; nor did
 * anybody empty what harden left so (`expected`). The caller frees it.
 */
char *broken_emptied(const char *path, const struct image *expected, const struct image *now,
		     const struct image *target);

/*
 * A walk to a path ended so: a link or a file stands in it, as anybody may put there who has a directory
 * above it.
 */
bool broken_is_led_away(int r);

/*
 * Something else is where a file or directory was that the ledger knows by its rights alone: what was in
 * it is not recorded, so that nothing can be put in that place.
 */
bool broken_lacks_content(const struct image *now, const struct image *want);

/* -EEXIST when what stands there cannot be replaced by `want` without losing what is in it. */
int broken_check_replaceable(const struct root *root, const char *path, const struct image *now,
			     const struct image *want, struct error *err);

/* The directories that are missing above what the plan makes, as they were recorded or root's. */
int broken_add_parents(struct plan *plan, const struct plan *was, const struct root *root,
		       struct error *err);
