#pragma once

/*
 * A rollback without an id, where an apply was broken off. Recovery, which comes first, puts that back, and
 * with that the last apply is undone, as was asked for: the one before it is another's turn. With
 * --only that goes where the control had a part in it: one of an earlier apply is undone behind that. A rollback that
 * was broken off is none of these: who asks once more wants it done.
 */

#include "cli/execution.h"

/*
 * After recovery: *ret_done is true where it put one back and no other is named; which one that was, and how the
 * one before it goes, is said.
 */
int broken_off_rollback(struct execution *x, bool *ret_done);

/* The same for --dry-run: what would be put back. */
int broken_off_preview(struct context *c, bool *ret_done);
