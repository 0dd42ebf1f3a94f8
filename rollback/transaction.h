#pragma once

/*
 * The one executor: prepare, apply, activate, verify, then commit or undo. Applying a plan and
 * rolling one back are both walks over the images of its changes, as is recovering after a crash;
 * see journal.h for what makes them safe, and history.h for the states and who moves them.
 *
 * The calling sequence, as in cli/execute.c (each step only where the one before succeeded):
 *
 *     state_open(&state, &root, true, &err);
 *     state_lock(&state, timeout_ms, &err);                          one run at a time
 *     recover(&state, &root, effector, false, &recovery, &err);      what was broken off comes first
 *     facts_gather(&facts, &root, witness_file, parts, &err);        under the lock
 *     plan_compute(&plan_request, &plan, &err);                      or revert_plan(), to undo one
 *     effector->ops->remember(effector, &facts, &err);               what health is compared with
 *
 *     struct transaction_result result = {0};
 *     const struct transaction_request request = {
 *             .state = &state, .root = &root, .facts = &facts, .plan = &plan,
 *             .effector = effector, .kind = "apply", .verify = verify, .gate_ms = 30000,
 *     };
 *     r = transaction_run(&request, &result, &err);
 *     if (r < 0)                 ... result.state says how the host was left, err why
 *     transaction_result_clear(&result);
 *
 * INT, TERM and HUP end the way up and lead to the undo; the way back cannot be broken off. A plan
 * is carried out once: what is to be run next is planned anew.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/effect/effector.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "rollback/history.h"
#include "rollback/state.h"

struct transaction_request {
	struct state *state; /* locked */
	const struct root *root;
	const struct facts *facts;
	struct plan *plan; /* images[0] of each change is what the host must be */
	struct effector *effector;
	const char *kind; /* "apply" or "rollback" */
	const char *of, *only;
	const char *
		bisect; /* the apply that failed, whose culprit is sought by this one; BISECT_OF_TRIAL; NULL: none is */

	/* Whether the host is as planned, in force and not only written; -EIO and why when not. */
	int (*verify)(void *data, struct error *err);
	/*
	 * Whether the site says that all is well: asked behind the gate. -EIO and why, -EINTR. -ECANCELED: all
	 * is well, and it was only tried: it is put back all the same. NULL: nobody is asked.
	 */
	int (*well)(void *data, const struct interrupt *interrupt, struct error *err);
	/* Told when a phase ("snapshot", "files", "reload of dockerd", "verify", ...) is over. */
	void (*phase)(void *data, const char *name, double milliseconds);
	void *data;
	int gate_ms; /* how long the health gate watches */
	/*
	 * Absolute paths of the site's commands before the first restart of dockerd and behind it all;
	 * NULL: none.
	 */
	const char *drain, *undrain;
	int max_gap_ms; /* published ports may be away for so long; 0: for any time */
	/* 0: kept at once; else it waits so long to be confirmed, and is undone then (waiting.h) */
	uint64_t confirm_usec;
};

struct transaction_result {
	char *id; /* NULL when none was begun */
	enum transaction_state
		state; /* how it ended: COMMITTED, WAITING, ROLLED_BACK, STUCK, IN_DOUBT; OPEN: nothing changed */
	char *failure; /* what failed; NULL when committed */
	struct strv left; /* STUCK: what is not as it was, and why */
	bool met_foreign; /* not all is as it was, because others changed it; STUCK: it could be kept */
	struct strv notes; /* what stays behind for good reasons */
	struct gaps gaps; /* of published ports, on the way up and back */
	int signal; /* the signal that asked to stop, or 0 */
	/*
	 * It failed for want of a timer that would undo it, of a host out of service, or of a dockerd that somebody
	 * stopped meanwhile: nobody's fault in the plan.
	 */
	bool outside;
	bool still_fails; /* STUCK: all was put back, and what fails still does */
};

void transaction_result_clear(struct transaction_result *r);

/*
 * 0 when committed, or waiting as was asked for. Negative errno: ret->state says how the host was left. With OPEN nothing was
 * touched; -ESTALE then says that the host is not as the plan has it, and another plan is needed.
 */
int transaction_run(const struct transaction_request *request, struct transaction_result *ret,
		    struct error *err);
