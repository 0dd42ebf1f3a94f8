#pragma once

#include "rollback/history.h"

/*
 * What rollbacks left as it was, by the journals: edits of applies that were undone which no
 * later transaction changed back, because somebody had changed the same by then (--on-conflict keep,
 * or a value that was his already). Each is "SUBJECT of PATH", once, oldest first. A value that harden
 * set can still stand, in a copy that somebody made: what was undone is not said to be gone. What was
 * not there before an apply, and is not there on the host of `root` now (NULL: that is not looked at),
 * nor in a file beside it, is no such edit.
 */
void history_left(const struct history *h, const struct root *root, struct strv *ret);
