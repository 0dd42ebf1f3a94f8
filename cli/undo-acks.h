#pragma once

/* --ack of a rollback. */

#include "cli/context.h"
#include "rollback/history.h"

/*
 * The controls that it names, by their ids or numbers, into c->ack: each of the transaction, or of what undoing it
 * changes. CODE_USAGE where it names another.
 */
int undo_acks(struct context *c, const struct transaction_summary *t);
