#pragma once

/*
 * What a rollback of one that waits, or was broken off, would put back by the host as it is now: less than what was
 * applied where others changed something of it since. Nothing is written.
 */

#include "cli/context.h"
#include "cli/report/style.h"
#include "rollback/history.h"

/* A line for each path, with why it stays, and at the end what takes the rest out. */
void undecided_put_paths(const struct context *c, const struct transaction_summary *t,
			 struct buf *b, const struct style *s);

/* The same of one that waits, for who reads JSON: a warning among the plan's checks for each that stays. */
void undecided_check_paths(const struct context *c, struct plan *plan);
