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

/* What a run is made for, where it is one of those that seek a culprit (bisect/bisect.h). */
enum tries {
	TRIES_NONE,
	TRIES_START, /* whether dockerd would start with it: nothing is written */
	TRIES_HOST, /* whether the host is well with it: it is put back in either case */
	TRIES_KEEP, /* it is kept where the host is well with it */
};

struct bisect;

struct execution {
	struct context *c;
	const char *kind, *of, *only, *bisect; /* as transaction_request */
	int (*verify)(struct execution *x, struct error *err);
	const struct transaction_summary *undone; /* what a rollback is of */
	bool always; /* also a plan that changes nothing is a transaction: it settles what is in force */
	int (*again)(struct execution *x); /* the last word before the first write; NULL: none */
	/* Of one that failed, with its exit code: what else is done before it is told; NULL: nothing. */
	int (*after)(struct execution *x, int code);
	enum tries tries;
	const struct effector
		*first; /* of a try: what remembers the host as it was at the beginning */

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
	bool failed_trial; /* dockerd itself says that it would not start with the files */
	bool ran; /* a transaction was begun, or would have been: the outcome is there to be told */
	bool was_well; /* of a try: the host was well with it */
	bool took_too_long; /* published ports were away for longer than is allowed, and nothing else */
	struct bisect *found; /* of a search for the culprit; NULL: there was none */
	struct transaction_result result;
};
