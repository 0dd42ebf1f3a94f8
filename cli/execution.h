#pragma once

/*
 * An apply or a rollback under way: what execute.h runs, what asks and verifies on the way (again.h,
 * undo.h, verify.h), and what tells how it went (report/outcome.h).
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
	struct strv broken_off; /* applies that it put back */
	struct phase *phases;
	size_t nphases;
	int watched_s; /* that the last line on the watching told */
	char *undo_ack; /* what --ack of the undo has to name, as it is now; NULL: nothing */
	bool awaited; /* it was applied, and waited to be confirmed, ... */
	uint64_t until_usec; /* ... until then, unless somebody gave it more time */
	bool left_behind; /* put back, but for what dockerd does not take back */
	char *suspect; /* the control that is the likely cause of a failure */
	struct transaction_result result;
};
