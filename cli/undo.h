#pragma once

/*
 * What a rollback asks beyond its plan: once more under the lock before the first write, and at the
 * end, of those who keep the values.
 */

#include "cli/execution.h"

/*
 * Facts and plan made anew (the context has the facts then) and held against the plan: CODE_OK
 * where nothing has changed meanwhile, else CODE_REFUSED after saying by name what has.
 */
int undo_again(struct execution *x);

/*
 * Whether the host is as the rollback shall leave it: files, and what is in force by who keeps it.
 * What is written and waits, as the plan said, or cannot be told is named in the result's notes.
 */
int undo_verify(struct execution *x, struct error *err);

/*
 * What --ack has to name for the undo of a transaction with the host as it is now, since more would
 * come of it: a control, or several as "A --ack B". NULL: none, or an --ack would not help; the caller
 * frees it.
 */
char *undo_consent(const struct context *c, const char *id);
