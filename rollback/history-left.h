#pragma once

#include "rollback/history.h"

/*
 * What rollbacks left as it was, by the journals: edits of applies that were undone which no
 * later transaction changed back, because somebody had changed the same by then (--on-conflict keep,
 * or a value that was his already). Each is "SUBJECT of PATH", once, oldest first. A value that harden
 * set can still stand, in a copy that somebody made: what was undone is not said to be gone. What is
 * as it was before an apply on the host of `root` now (NULL: that is not looked at), and is not as it
 * was applied in a file beside it, is no such edit. Of an apply that recovery put back but for what others had
 * changed, it is what harden had set and is there now; and, where h->now tells of the host, "SUBJECT" of what no file
 * has and is in force still (left-effects.h).
 */
void history_left(const struct history *h, const struct root *root, struct strv *ret);

/*
 * 1: the file at the path has that value for the edit's subject; 0: another, or it is not there;
 * negative: it cannot be read. Who reads what is in a file follows a link that somebody put in its place.
 */
int history_has_value(const struct root *root, const char *path, const struct edit *e,
		      const char *wanted);

/* The same of the at-th transaction alone. */
void history_left_by(const struct history *h, const struct root *root, size_t at, struct strv *ret);

/* Whether the at-th was put back in part, and some of it is there still: a rollback takes that out. */
bool history_leaves(const struct history *h, const struct root *root, size_t at);

/* The newest that a rollback undoes: one in force, or one that was put back in part and leaves something. */
int history_find_undoable(const struct history *h, const struct root *root, size_t *ret,
			  struct error *err);
