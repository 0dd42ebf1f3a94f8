#pragma once

/*
 * The transaction that waits to be confirmed, for other commands: one is told of it, another does not
 * run beside it, and rollback ends the wait.
 */

#include "cli/execution.h"
#include "rollback/history.h"

/* Under the lock, after recovery: CODE_REFUSED, naming it, where one waits. */
int undecided_refuse(struct context *c);

/*
 * Of a rollback: undoes the one that waits, if it is what was named, or nothing was, and then *ret_done
 * is true; CODE_REFUSED, naming it, where the rollback is of another.
 */
int undecided_rollback(struct execution *x, bool *ret_done);

/* The same for --dry-run: what would be put back. */
int undecided_preview(struct context *c, bool *ret_done);

/*
 * For JSON: takes the plan as it was applied, which is what is walked back, as the context's. When it is
 * printed it is returned: one that is lent is not the context's to release.
 */
void undecided_take_plan(struct context *c, struct transaction_summary *t);
void undecided_return_plan(struct context *c, const struct transaction_summary *t);

/* What a rollback of it would put back, behind the words `what`; in JSON its plan, which is taken over. */
int undecided_show(struct context *c, struct transaction_summary *t, const char *what);

/*
 * Of a rollback without an id, which would undo the at-th: -ESTALE where the newest waited and was put back.
 * Whoever asks may mean that one, and another would go in its place.
 */
int undecided_check_newest(const struct context *c, const struct history *h, size_t at,
			   struct error *err);
