#include "cli/execute.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/await.h"
#include "cli/bisect/record.h"
#include "cli/effector.h"
#include "cli/hurdles.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/plan.h"
#include "cli/process.h"
#include "cli/report/bisect.h"
#include "cli/report/outcome.h"
#include "cli/report/summary.h"
#include "cli/report/text.h"
#include "cli/site.h"
#include "cli/suspect.h"
#include "cli/terminal.h"
#include "cli/trial.h"
#include "cli/undo.h"
#include "engine/base/alloc.h"
#include "engine/base/interrupt.h"
#include "engine/plan/restart-holds.h"
#include "rollback/left-behind.h"
#include "rollback/left-roots.h"
#include "rollback/recover.h"

#define GATE_RESTART_MS 30000
#define GATE_MS 10000

static void execution_clear_phases(struct execution *x)
{
	for (size_t i = 0; i < x->nphases; i++)
		free(x->phases[i].name);
	free(x->phases);
}

void execution_clear(struct execution *x)
{
	if (x->effector)
		x->effector->ops->free(x->effector);
	strv_clear(&x->notes);
	strv_clear(&x->broken_off);
	execution_clear_phases(x);
	bisect_free(x->found);
	free(x->undo_ack);
	free(x->suspect);
	transaction_result_clear(&x->result);
	*x = (struct execution){0};
}

bool execution_may_consent(const struct options *o)
{
	return o->yes || (terminal_can_ask() && o->format == FORMAT_TEXT);
}

static int check_consent(const struct options *o)
{
	if (execution_may_consent(o))
		return CODE_OK;
	message("nobody can be asked here; '--yes' consents to what the plan announces");
	return CODE_USAGE;
}

static int recover_first(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *again = options_command(x->c->o, "recover");
	sigset_t before;
	int r;

	/* recovery cannot be broken off, and the question after it must be */
	sigprocmask(SIG_SETMASK, NULL, &before);
	r = recover(&x->c->state, &x->c->root, x->effector, false, &recovery, &err);
	sigprocmask(SIG_SETMASK, &before, NULL);

	strv_add_all(&x->notes, &recovery.notes);
	strv_add_all(&x->broken_off, &recovery.broken_off);
	for (size_t i = 0; i < recovery.notes.count; i++)
		remark("recovery: %s", recovery.notes.items[i]);
	for (size_t i = 0; i < recovery.left.count; i++)
		message("needs a person: %s", recovery.left.items[i]);
	if (recovery.met_foreign)
		message("'%s --on-conflict keep' leaves what others changed as it is", again);
	for (size_t i = 0; i < recovery.open.count; i++)
		message("'%s --set-aside %s' closes it as it is, where nothing else helps", again,
			recovery.open.items[i]);
	return r < 0 ? fail(CODE_HANDS, &err) : CODE_OK;
}

int execution_may_begin(const struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	int code = check_consent(c->o);

	if (code == CODE_OK && process_check_limits(&err) < 0)
		return fail(CODE_REFUSED, &err);
	return code == CODE_OK ? site_check(c) : code;
}

int execution_begin(struct execution *x)
{
	int code = execution_may_begin(x->c);

	notice_boot(x->c);
	if (code == CODE_OK)
		code = context_lock(x->c);
	if (code == CODE_OK)
		notice_strays(x->c);
	if (code == CODE_OK)
		code = effector_open(x->c, &x->effector);
	return code == CODE_OK ? recover_first(x) : code;
}

static int not_confirmed(void)
{
	message("not confirmed: nothing was changed");
	return CODE_ERROR;
}

/* Consent to one restart is none to many. */
static int ask_bisect(const struct execution *x)
{
	CLEANUP(freep) char *question = NULL;
	size_t tries, restarts;

	bisect_most(&x->c->plan, &tries, &restarts);
	if (restarts == 0)
		return terminal_ask("Apply, with a restart of dockerd?") ? CODE_OK
									 : not_confirmed();
	question = xasprintf("Apply, with a restart of dockerd, and up to %zu in all where the "
			     "cause of a failure is looked for?",
			     restarts);
	return terminal_ask(question) ? CODE_OK : not_confirmed();
}

static int ask(const struct execution *x)
{
	struct plan_summary sum = plan_summarize(&x->c->plan);
	bool rollback = strcmp(x->kind, "rollback") == 0;

	if (x->c->o->yes)
		return CODE_OK;
	if (x->c->o->bisect && sum.restarts)
		return ask_bisect(x);
	if (terminal_ask(rollback && sum.restarts ? "Roll back, with a restart of dockerd?"
			 : rollback               ? "Roll back?"
			 : sum.restarts           ? "Apply, with a restart of dockerd?"
						  : "Apply?"))
		return CODE_OK;
	return not_confirmed();
}

int execution_gate_ms(const struct execution *x)
{
	const struct plan *plan = &x->c->plan;

	if (x->c->o->health_timeout_ms >= 0)
		return x->c->o->health_timeout_ms;
	if (plan_handlers(plan) == 0)
		return 0;
	return plan_summarize(plan).restarts ? GATE_RESTART_MS : GATE_MS;
}

static int on_verify(void *data, struct error *err)
{
	struct execution *x = data;

	return x->verify ? x->verify(x, err) : 0;
}

static void on_phase(void *data, const char *name, double ms)
{
	terminal_progress_end();
	outcome_phase(data, name, ms);
}

int transaction_code(const struct transaction_result *result, int r)
{
	bool untouched =
		result->state == TRANSACTION_ROLLED_BACK || result->state == TRANSACTION_OPEN;

	if (result->signal && untouched)
		return CODE_SIGNAL + result->signal;
	switch (result->state) {
	case TRANSACTION_COMMITTED:
		return CODE_OK;
	case TRANSACTION_WAITING:
		return CODE_WAITING;
	case TRANSACTION_ROLLED_BACK:
		return CODE_PUT_BACK;
	case TRANSACTION_OPEN:
		break;
	case TRANSACTION_PREPARED:
	case TRANSACTION_APPLIED:
	case TRANSACTION_UNDOING:
	case TRANSACTION_IN_DOUBT:
	case TRANSACTION_STUCK:
	case TRANSACTION_DAMAGED:
	case TRANSACTION_STATE_COUNT:
		return CODE_HANDS;
	}
	if (r == -ESTALE || r == -EPERM || r == -ENOSPC || r == -EDQUOT)
		return CODE_REFUSED;
	return r == -EWOULDBLOCK ? CODE_LOCKED : CODE_ERROR;
}

/* What is watched, and how much longer, in a line of its own that the next one overwrites. */
static void on_watching(void *data, int left_ms)
{
	struct execution *x = data;
	CLEANUP(freep) char *what = NULL;
	size_t up;

	if (x->watched_s == (left_ms + 999) / 1000)
		return;
	x->watched_s = (left_ms + 999) / 1000;
	what = containers_running(&x->c->facts.docker.containers, &up)
		       ? xasprintf("dockerd and %zu %s", up, up == 1 ? "container" : "containers")
		       : xstrdup("dockerd and the containers");
	terminal_progress("  watching %s, %d s left", what, x->watched_s);
}

/* Whether it is worth while to look for what speaks against the undo: which takes facts of now. */
static bool may_speak_against(const struct context *c)
{
	const struct docker_facts *d = &c->facts.docker;

	return !c->root.offline &&
	       (plan_handlers(&c->plan) || d->start_unknown || d->nwatched > 0 || d->nwatchers > 0);
}

static void name_left_behind(struct execution *x)
{
	size_t before = x->result.notes.count;

	left_behind_by(&x->c->plan, &x->c->root, &x->result.notes);
	if (left_roots_effect(&x->c->plan))
		left_roots(&x->c->root, x->c->facts.docker.data_root, &x->result.notes);
	x->left_behind = x->result.notes.count > before;
}

/* What came of it, in x: whose fault a failure may be, and what a way back has to be told. */
static int conclude(struct execution *x, int r, const struct error *err)
{
	int code = transaction_code(&x->result, r);

	if (x->result.state == TRANSACTION_ROLLED_BACK) {
		name_left_behind(x);
		site_after_undo(x);
	}
	if (x->of && x->result.state != TRANSACTION_COMMITTED && x->effector->starts.failed)
		strv_add(&x->result.notes,
			 "a unit that ran before does not start any more: once that is fixed, roll "
			 "back again; --on-conflict keep leaves it down, says so, and undoes the "
			 "rest");
	if (x->of && x->result.state != TRANSACTION_COMMITTED &&
	    x->effector->starts.settings_failed)
		strv_add(&x->result.notes,
			 "the kernel does not take a setting back: a boot may help; --on-conflict "
			 "keep leaves it as it is, says so, and undoes the rest");
	if (r < 0 && !x->result.failure)
		x->result.failure = xstrdup(error_text(err));
	/*
	 * a person's word is not a control's fault, nor what goes on without what the control did
	 */
	if (x->result.still_fails || x->result.outside)
		str_replace(&x->suspect, NULL);
	else if (x->result.failure && !interrupt_signal() && !x->awaited)
		suspect_find(x, r, err);
	if (code == CODE_OK && may_speak_against(x->c))
		x->undo_ack = undo_consent(x->c, x->result.id);
	x->ran = true;
	x->took_too_long = r == -ETIME;
	return code;
}

/* A try ends where a run would be kept. */
static int on_well(void *data, const struct interrupt *interrupt, struct error *err)
{
	struct execution *x = data;
	int r = site_says_well(data, interrupt, err);

	if (r < 0 || x->tries != TRIES_HOST)
		return r;
	x->was_well = true;
	return error_set(err, -ECANCELED,
			 "the host was well with it: tried for the cause of a failure, and not to "
			 "be kept");
}

/* By facts as new as can be: a container that came since is watched, too. */
static int remember(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};
	const struct effector_ops *ops = x->effector->ops;

	if (ops->remember && ops->remember(x->effector, &x->c->facts, &err) < 0)
		return fail(CODE_ERROR, &err);
	if (x->first && ops->remember_as)
		ops->remember_as(x->effector, x->first);
	return CODE_OK;
}

int execution_transact(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};
	struct context *c = x->c;
	const struct transaction_request request = {
		.state = &c->state,
		.root = &c->root,
		.facts = &c->facts,
		.plan = &c->plan,
		.effector = x->effector,
		.kind = x->kind,
		.of = x->of,
		.only = x->only,
		.bisect = x->bisect,
		.verify = on_verify,
		.well = on_well,
		.phase = on_phase,
		.data = x,
		.gate_ms = execution_gate_ms(x),
		.max_gap_ms = c->o->max_gap_ms,
		.drain = c->o->drain_cmd,
		.undrain = c->o->undrain_cmd,
		.confirm_usec = (uint64_t)c->o->confirm_ms * 1000,
	};
	int r, code;

	code = trial_of_plan(x);
	if (x->tries == TRIES_START)
		return code;
	if (code == CODE_OK)
		code = site_was_well(x);
	if (code == CODE_OK && x->again)
		code = x->again(x);
	if (code == CODE_OK)
		code = remember(x);
	if (code != CODE_OK)
		return code;
	if (c->o->format == FORMAT_TEXT && !c->o->quiet && terminal_shows_progress()) {
		x->effector->watching = on_watching;
		x->effector->watching_data = x;
	}
	terminal_code_is_hosts();
	r = transaction_run(&request, &x->result, &err);
	terminal_progress_end();
	if (r >= 0 && x->result.state == TRANSACTION_WAITING)
		r = await_decision(x, &err);
	if (r < 0 && x->awaited)
		return fail(CODE_HANDS,
			    &err); /* what became of it is on disk, and cannot be read */
	return conclude(x, r, &err);
}

int execution_run(struct execution *x)
{
	struct context *c = x->c;
	bool nothing = plan_is_empty(&c->plan) && !x->always;
	int code = nothing ? CODE_OK : check_hurdles(c, x->kind);

	if (c->o->format == FORMAT_TEXT && plan_print(c, false) != CODE_OK)
		return CODE_ERROR;
	if (nothing)
		return c->o->format == FORMAT_JSON ? outcome_print(x, CODE_OK) : CODE_OK;
	if (code == CODE_OK && c->o->bisect)
		bisect_announce(c);
	if (code == CODE_OK)
		code = ask(x);
	if (code != CODE_OK)
		return code;
	code = execution_transact(x);
	if (code != CODE_OK && x->after)
		code = x->after(x, code);
	return x->ran ? outcome_print(x, code) : code;
}
