#include "tests/crash/victim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/execute.h"
#include "cli/exit-codes.h"
#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "rollback/confirm.h"
#include "rollback/history.h"
#include "rollback/proof.h"
#include "rollback/recover.h"
#include "rollback/revert.h"
#include "rollback/transaction.h"
#include "tests/crash/mutant.h"
#include "tests/crash/seek.h"

/* One run with what it holds. */
struct run {
	const struct victim *v;
	struct root root;
	struct state state;
	struct stub stub;
	struct facts facts;
	struct plan plan;
};

static void run_clear(struct run *run)
{
	plan_clear(&run->plan);
	facts_clear(&run->facts);
	state_close(&run->state);
	root_close(&run->root);
}

/* Not dprintf(): that asks where the file is, which can be made to fail. */
static void say(const struct run *run, const char *what, const char *text)
{
	CLEANUP(freep) char *line = xasprintf("%s%s\n", what, text);

	(void)fd_write_all(run->v->message_fd, line, strlen(line));
}

static int fail(const struct run *run, int code, struct error *err)
{
	say(run, "", error_text(err));
	error_clear(err);
	return code;
}

static int run_open(struct run *run, bool create)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = root_open(&run->root, run->v->root, &err);

	if (r >= 0)
		r = state_open(&run->state, &run->root, create, &err);
	if (r >= 0 && run->v->op != VICTIM_STATUS && run->state.fd >= 0)
		r = state_lock(&run->state, 0, &err);
	run->stub = (struct stub){.base = {&stub_ops},
				  .root = &run->root,
				  .world = run->v->world,
				  .socket = run->v->socket,
				  .no_timers = run->v->mutant == MUTANT_UNGUARDED,
				  .breaks = run->v->scene == SCENE_BISECT,
				  .refuses = run->v->scene == SCENE_TRIAL,
				  .unhealthy = run->v->unhealthy};
	return r < 0 ? fail(run, r == -EWOULDBLOCK ? CODE_LOCKED : CODE_ERROR, &err) : CODE_OK;
}

static int run_recover(struct run *run)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r;

	if (run->v->mutant == MUTANT_LAZY_RECOVER)
		return CODE_OK;
	if (run->v->mutant == MUTANT_NO_EFFECTS_BACK)
		run->stub.base.ops = &mutant_idle_ops;
	r = recover(&run->state, &run->root, &run->stub.base, run->v->op == VICTIM_SETTLE,
		    &recovery, &err);
	for (size_t i = 0; i < recovery.left.count; i++)
		say(run, "needs hands: ", recovery.left.items[i]);
	/* -EUCLEAN: something is left; else nothing could be found out, and nothing was changed */
	return r < 0 ? fail(run, r == -EUCLEAN ? CODE_HANDS : CODE_ERROR, &err) : CODE_OK;
}

static int run_transaction(struct run *run, const char *kind, const char *of)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct transaction_request q = {
		.state = &run->state,
		.root = &run->root,
		.facts = &run->facts,
		.plan = &run->plan,
		.effector = &run->stub.base,
		.kind = kind,
		.of = of,
	};
	int r;

	q.confirm_usec = run->v->op == VICTIM_WAIT        ? VICTIM_WAIT_MS * UINT64_C(1000)
			 : run->v->op == VICTIM_WAIT_OVER ? 1
							  : 0;
	r = transaction_run(&q, &result, &err);
	for (size_t i = 0; i < result.left.count; i++)
		say(run, "needs hands: ", result.left.items[i]);
	return r < 0 ? fail(run, transaction_code(&result, r), &err) : CODE_OK;
}

static int run_facts(struct run *run)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = scene_facts(run->v->scene, run->v->world, &run->facts);

	if (r < 0)
		error_errno(&err, r, "cannot ask '%s'", run->v->world);
	return r < 0 ? fail(run, CODE_ERROR, &err) : CODE_OK;
}

static int seek(struct run *run)
{
	const struct seek s = {.scene = run->v->scene,
			       .mutant = run->v->mutant,
			       .stub = &run->stub,
			       .confirm_ms = run->v->op == VICTIM_WAIT        ? VICTIM_WAIT_MS
					     : run->v->op == VICTIM_WAIT_OVER ? 1
									      : 0,
			       .message_fd = run->v->message_fd};

	return seek_apply(&s, &run->root, &run->state);
}

static int apply(struct run *run)
{
	CLEANUP(error_clear) struct error err = {0};
	int code = run_recover(run);

	if (code == CODE_OK && scene_is_search(run->v->scene))
		return seek(run);
	if (code == CODE_OK)
		code = run_facts(run);
	if (code == CODE_OK &&
	    scene_plan(run->v->scene, &run->root, &run->facts, &run->plan, &err) < 0)
		code = fail(run, CODE_ERROR, &err);
	if (code != CODE_OK)
		return code;
	if (mutant_replaces_apply(run->v->mutant))
		return mutant_apply(run->v->mutant, &run->state, &run->root, &run->plan,
				    &run->stub.base);
	code = run_transaction(run, "apply", NULL);
	if (run->v->mutant == MUTANT_LOSES_XATTR && code == CODE_OK)
		mutant_lose_xattr(run->v->root);
	return code;
}

static int rollback(struct run *run)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(error_clear) struct error err = {0};
	int code = run_recover(run);
	int r = 0;

	if (code == CODE_OK)
		code = run_facts(run);
	if (code != CODE_OK)
		return code;
	r = history_load(&run->state, NULL, &t, &err);
	if (r >= 0)
		r = revert_plan(&run->state, &t, NULL, CONFLICT_STOP, &run->root, &run->facts,
				&run->plan, &conflicts, &err);
	if (r == -ESTALE && conflicts.count) /* `rollback` prints them */
		error_wrap(&err, r, "%s", conflicts.items[0]);
	if (r < 0)
		return fail(run, r == -ESTALE ? CODE_REFUSED : CODE_ERROR, &err);
	return run_transaction(run, "rollback", t.id);
}

static int confirm(struct run *run)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = state_transactions(&run->state, &ids, &err);

	if (r >= 0 && ids.count == 0)
		r = error_set(&err, -ENOENT, "'/' has nothing to confirm");
	if (r < 0)
		return fail(run, CODE_ERROR, &err);
	r = confirm_transaction(&run->state, &run->root, &run->stub.base, ids.items[ids.count - 1],
				&err);
	/* as `confirm` does: what is not known to have failed may be kept */
	return r < 0 ? fail(run, CODE_HANDS, &err) : CODE_OK;
}

static int status_of(const struct transaction_summary *all, size_t count)
{
	const struct transaction_summary *newest = count ? &all[count - 1] : NULL;

	for (size_t i = 0; i < count; i++)
		if (all[i].state != TRANSACTION_COMMITTED &&
		    all[i].state != TRANSACTION_ROLLED_BACK &&
		    !(&all[i] == newest && newest->state == TRANSACTION_WAITING))
			return STATUS_UNDECIDED;
	if (newest && newest->state == TRANSACTION_WAITING)
		return STATUS_WAITING;
	if (!newest)
		return STATUS_NONE;
	return STATUS_BASE + (int)newest->state + (strcmp(newest->kind, "rollback") == 0 ? 16 : 0);
}

/* Wherever it died, nothing of the ledger looks as if somebody had changed it. */
static bool is_proven(struct run *run)
{
	CLEANUP(proof_clear) struct proof p = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (proof_of(&run->state, &p, &err) < 0)
		say(run, "no proof: ", error_text(&err));
	for (size_t i = 0; i < p.count; i++)
		if (PROOF_IS_WRONG(p.items[i].verdict))
			say(run, "not as it was written: ", p.items[i].why);
	return p.wrong == 0 && !err.text;
}

static int status(struct run *run)
{
	CLEANUP(error_clear) struct error err = {0};
	struct transaction_summary *all = NULL;
	size_t count = 0;
	int code;

	if (history_list(&run->state, &all, &count, &err) < 0)
		return fail(run, STATUS_ERROR, &err);
	code = status_of(all, count);
	for (size_t i = 0; i < count; i++)
		transaction_summary_clear(&all[i]);
	free(all);
	return is_proven(run) ? code : STATUS_UNPROVEN;
}

int victim_run(const struct victim *v)
{
	CLEANUP(run_clear) struct run run = {.v = v, .root = {.fd = -1}, .state = STATE_INIT};
	int code = run_open(&run, v->op <= VICTIM_WAIT_OVER || v->op == VICTIM_ROLLBACK);

	if (code != CODE_OK)
		return code;
	switch (v->op) {
	case VICTIM_APPLY:
	case VICTIM_WAIT:
	case VICTIM_WAIT_OVER:
		code = apply(&run);
		break;
	case VICTIM_CONFIRM:
		code = confirm(&run);
		break;
	case VICTIM_ROLLBACK:
		code = rollback(&run);
		break;
	case VICTIM_RECOVER:
	case VICTIM_SETTLE:
		code = run_recover(&run);
		break;
	case VICTIM_STATUS:
		return status(&run);
	}
	return v->mutant == MUTANT_LIAR ? CODE_OK : code;
}
