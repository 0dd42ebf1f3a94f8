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

#include "cli/context.h"
#include "engine/effect/effector.h"
#include "rollback/transaction.h"

struct phase {
	char *name;
	double ms;
};

struct execution {
	struct context *c;
	const char *kind, *of, *only; /* as transaction_request */
	int (*verify)(struct execution *x, struct error *err);
	const struct transaction_summary *undone; /* what a rollback is of */
	bool always; /* also a plan that changes nothing is a transaction: it settles what is in force */
	int (*again)(struct execution *x); /* the last word before the first write; NULL: none */

	/* The rest is the execution's own. */
	struct effector *effector;
	struct strv notes; /* what recovery did first */
	struct phase *phases;
	size_t nphases;
	int watched_s; /* that the last line on the watching told */
	char *undo_ack; /* the control whose --ack the undo needs; NULL: none */
	bool left_behind; /* put back, but for what dockerd does not take back */
	char *suspect; /* the control that is the likely cause of a failure */
	struct transaction_result result;
};

/*
 * Whether somebody can say yes: CODE_USAGE names the flag to give when not. Then the lock, the
 * effector and recovery, whose leftovers end the run with CODE_HANDS.
 */
int execution_begin(struct execution *x);

/* Prints the plan, asks, runs the transaction and prints how it ended. */
int execution_run(struct execution *x);
void execution_clear(struct execution *x);

/* The live host's effector, or with --root the one that runs nothing; says its own errors. */
int effector_open(struct context *c, struct effector **ret);

/* transaction_result and the code of transaction_run() as an exit code. */
int transaction_code(const struct transaction_result *result, int r);
