#pragma once

/*
 * What most commands begin with: the root, the baselines, the facts, the plan. Each step says
 * its own errors and returns an exit code; CODE_OK is 0. A struct context starts as
 * CONTEXT_INIT and is released by context_clear(), also when a step failed.
 */

#include <stdbool.h>

#include "cli/exit-codes.h"
#include "cli/options.h"
#include "engine/base/day.h"
#include "engine/baseline/baseline.h"
#include "engine/baseline/selection.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "engine/plan/planner.h"
#include "rollback/state.h"

struct context {
	const struct options *o;
	struct root root;
	struct baseline *baselines;
	const struct baseline **list; /* the same, as the planner wants them */
	size_t nbaselines;
	struct waivers waivers;
	char today[DAY_TEXT_LEN + 1]; /* YYYY-MM-DD, UTC */
	struct facts facts;
	struct plan plan;
	struct volumes observed; /* what was counted now (observe.h), or came with a saved plan */
	struct state state;
	int level; /* as on the command line; a saved plan brings its own */
	bool check; /* the host is only judged: context_plan() plans nothing */
	struct strv only, skip,
		ack; /* ids: the globs and aliases of the command line are resolved */
};

#define CONTEXT_INIT                                                                               \
	{                                                                                          \
		.root = {.fd = -1}, .state = STATE_INIT                                            \
	}

void context_init(struct context *c, const struct options *o);
void context_clear(struct context *c);

int context_root(struct context *c);

/*
 * As context_root(), and CODE_NEEDS_ROOT unless we are root, or --root names a directory that is
 * ours.
 */
int context_writable_root(struct context *c);

/* Refuses what would change another network's settings, or other files than dockerd has. */
int context_in_place(const struct context *c);

/* What the selected controls of the loaded baselines read. */
int context_facts(struct context *c);
int context_facts_of(struct context *c, unsigned parts); /* enum facts_part */

/* Once more, as time went by; what is to be said of it was said. */
int context_facts_again(struct context *c);

struct selection context_selection(const struct context *c);

/* Facts must be there. The request lives as long as the context. */
struct plan_request context_request(const struct context *c, const struct facts *facts);
int context_plan(struct context *c);

/* What harden saw the running dockerd start with: its file, or NULL where the state is not to be trusted. */
const char *context_witness(const struct context *c);

/* Opens the state directory for reading; that there is none is fine (state.fd is -1). */
int context_state(struct context *c);

/*
 * Makes the state directory where it is missing, and locks it: CODE_LOCKED when another run holds
 * it.
 */
int context_lock(struct context *c);

/*
 * The same of one that was let go of, as nobody waits behind a question: what was read before it has to be
 * looked at again.
 */
int context_lock_again(struct context *c);

/* What state_lock() came to, as a code; says the error and releases it. */
int context_locked(int r, struct error *err);

/* By id or alias, in all baselines; NULL. */
const struct control *context_control(const struct context *c, const char *name);

/* "docker-host 1.0 + site 2": as a plan names its baselines. */
char *context_baseline_names(const struct context *c);
