#pragma once

/*
 * What apply and rollback have in common: consent, the lock, recovery of what was broken off
 * before, the transaction, and the report of how it ended. Begin, fill the context's plan, run,
 * clear:
 *
 *     struct execution x = {.c = &c, .kind = "apply", .verify = ...};
 *     code = execution_begin(&x);
 *     ... c.facts, c.plan ...
 *     code = execution_run(&x);
 *     execution_clear(&x);
 */

#include "cli/execution.h"

/* Whether somebody can be asked, or has consented beforehand. */
bool execution_may_consent(const struct options *o);

/*
 * Whether somebody can say yes: CODE_USAGE names the flag to give when not; and whether the process and the site's
 * commands are as they have to be. For who takes his time before he begins.
 */
int execution_may_begin(const struct context *c);

/*
 * Asks execution_may_begin(). Then the lock, the effector and recovery, whose leftovers end the run with
 * CODE_HANDS.
 */
int execution_begin(struct execution *x);

/* Prints the plan, asks, runs the transaction and prints how it ended. */
int execution_run(struct execution *x);
void execution_clear(struct execution *x);

/* The middle of it alone, for who tells of it otherwise: nobody is asked, and of a transaction that was begun nothing is printed. */
int execution_transact(struct execution *x);

/* How long the host is watched before what the plan does is kept. */
int execution_gate_ms(const struct execution *x);

/* transaction_result and the code of transaction_run() as an exit code. */
int transaction_code(const struct transaction_result *result, int r);
