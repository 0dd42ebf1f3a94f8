#pragma once

/*
 * What a case expects, and the writing of it (HARDEN_REWRITE_GOLDEN=1): plan.txt, run.txt, and
 * the host after apply as its differences from before: after/ holds the files that have other
 * bytes, after.tree the lines of the paths that are not as they were.
 */

#include "tests/cases/case.h"
#include "tests/cases/snapshot.h"

/* Whether `have` is what the golden file says; a missing one is empty. Notes tell the difference. */
bool golden_text(const struct test_case *c, const char *name, const struct buf *have,
		 struct strv *notes);

/* The host after apply, from what it was before. */
bool golden_tree(const struct test_case *c, const struct snapshot *before,
		 const struct snapshot *have, struct strv *notes);

/* Nothing is expected after apply. */
bool golden_no_tree(const struct test_case *c, struct strv *notes);
