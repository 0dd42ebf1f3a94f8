#pragma once

/*
 * The one executor: prepare, apply, activate, verify, then commit or undo. Applying a plan,
 * rolling one back and recovering after a crash are all walks over the images of its changes;
 * see journal.h for what makes them safe.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/effect/effector.h"
#include "engine/host/root.h"
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

	/* Whether the host is as planned, in force and not only written; -EIO and why when not. */
	int (*verify)(void *data, struct error *err);
	/* Told when a phase ("snapshot", "files", "reload of dockerd", "verify", ...) is over. */
	void (*phase)(void *data, const char *name, double milliseconds);
	void *data;
	int gate_ms; /* how long the health gate watches */
};

struct transaction_result {
	char *id; /* NULL when none was begun */
	enum transaction_state
		state; /* how it ended: COMMITTED, ROLLED_BACK, STUCK, IN_DOUBT; OPEN: nothing changed */
	char *failure; /* what failed; NULL when committed */
	struct strv left; /* STUCK: what is not as it was, and why */
	bool met_foreign; /* STUCK: some of it because others changed it: it could be kept */
	struct strv notes; /* what stays behind for good reasons */
	int signal; /* the signal that asked to stop, or 0 */
};

void transaction_result_clear(struct transaction_result *r);

/*
 * 0 when committed. -ESTALE: the host is not as the plan says; nothing was touched. Other
 * negative errno: ret->state says how the host was left.
 */
int transaction_run(const struct transaction_request *request, struct transaction_result *ret,
		    struct error *err);
