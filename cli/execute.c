#include "cli/execute.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/await.h"
#include "cli/effector.h"
#include "cli/hurdles.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/plan.h"
#include "cli/process.h"
#include "cli/report/outcome.h"
#include "cli/report/summary.h"
#include "cli/report/text.h"
#include "cli/site.h"
#include "cli/terminal.h"
#include "cli/undo.h"
#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/interrupt.h"
#include "engine/format/subject-key.h"
#include "engine/plan/dockerd-reach.h"
#include "engine/plan/restart-holds.h"
#include "rollback/left-behind.h"
#include "rollback/left-roots.h"
#include "rollback/recover.h"

#define GATE_RESTART_MS 30000
#define GATE_MS 10000

void execution_clear(struct execution *x)
{
	if (x->effector)
		x->effector->ops->free(x->effector);
	strv_clear(&x->notes);
	strv_clear(&x->broken_off);
	for (size_t i = 0; i < x->nphases; i++)
		free(x->phases[i].name);
	free(x->phases);
	free(x->undo_ack);
	free(x->suspect);
	transaction_result_clear(&x->result);
	*x = (struct execution){0};
}

static int check_consent(const struct options *o)
{
	if (o->yes || (terminal_can_ask() && o->format == FORMAT_TEXT))
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

int execution_begin(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};
	int code = check_consent(x->c->o);

	if (code == CODE_OK && process_check_limits(&err) < 0)
		return fail(CODE_REFUSED, &err);
	if (code == CODE_OK)
		code = site_check(x->c);
	notice_boot(x->c);
	if (code == CODE_OK)
		code = context_lock(x->c);
	if (code == CODE_OK)
		notice_strays(x->c);
	if (code == CODE_OK)
		code = effector_open(x->c, &x->effector);
	return code == CODE_OK ? recover_first(x) : code;
}

static int ask(const struct execution *x)
{
	struct plan_summary sum = plan_summarize(&x->c->plan);
	bool rollback = strcmp(x->kind, "rollback") == 0;

	if (x->c->o->yes)
		return CODE_OK;
	if (terminal_ask(rollback && sum.restarts ? "Roll back, with a restart of dockerd?"
			 : rollback               ? "Roll back?"
			 : sum.restarts           ? "Apply, with a restart of dockerd?"
						  : "Apply?"))
		return CODE_OK;
	message("not confirmed: nothing was changed");
	return CODE_ERROR;
}

static int gate_ms(const struct execution *x)
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
	struct execution *x = data;
	struct phase *phase = array_append(&x->phases, &x->nphases, sizeof(*phase));

	phase->name = xstrdup(name);
	phase->ms = ms;
	terminal_progress_end();
	if (x->c->o->format == FORMAT_TEXT && !x->c->o->quiet)
		outcome_phase(phase);
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

/* The control that changes a setting which dockerd's own words name ("icc", "log-opts"); NULL. */
static const char *control_in(const struct plan *plan, const char *text)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		for (size_t k = 0; k < plan->changes[i].edits.count; k++) {
			const struct edit *e = &plan->changes[i].edits.items[k];
			CLEANUP(freep) char *key = subject_setting(e->subject);

			if (e->control && key && *key && str_has_word(text, key, ""))
				return e->control;
		}
	}
	return NULL;
}

/*
 * Where verify did not find it: whom the error blames, or whose setting dockerd's words name. What
 * was only waited for too long (`code`) is not the doing of whoever is alone.
 */
static void find_suspect(struct execution *x, int code, const struct error *err)
{
	const struct plan *plan = &x->c->plan;
	const char *only = NULL;
	size_t planned = 0;

	for (size_t i = 0; i < plan->nfindings; i++) {
		if (plan->findings[i].state != FINDING_PLANNED)
			continue;
		only = plan->findings[i].control;
		planned++;
		if (!x->suspect && err->control && strcmp(err->control, only) == 0)
			x->suspect = xstrdup(only);
	}
	if (!x->suspect)
		x->suspect = xstrdup_null(control_in(plan, x->result.failure));
	if (!x->suspect && planned == 1 && code != -ETIMEDOUT)
		x->suspect = xstrdup(only);
}

/* Whether a restart hangs on what nobody has tried, and nobody has consented to by name. */
static bool must_be_tried(const struct context *c)
{
	if (!c->facts.docker.untried || c->plan.start_known || !start_can_be_asked(&c->facts) ||
	    !(plan_handlers(&c->plan) & HANDLERS_RESTART))
		return false;
	for (size_t k = 0; k < c->plan.nstages; k++)
		for (size_t i = 0; i < c->plan.stages[k].effects.count; i++) {
			const char *control = c->plan.stages[k].effects.items[i].control;

			if (control &&
			    (strv_contains(&c->ack, control) || strv_contains(&c->o->ack, control)))
				return false;
		}
	return true;
}

/* A rollback beside a dockerd that runs on: whether it would take the file back is told, no hurdle. */
static bool gives_files_back(const struct execution *x)
{
	return x->of && !(plan_handlers(&x->c->plan) & HANDLERS_DOCKERD);
}

/* What dockerd itself says of the files, before the first of them is written. */
static int run_trial(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *why = NULL;
	double start = clock_ms();
	int r;

	if (!x->effector->ops->trial || gives_files_back(x))
		return CODE_OK;
	r = x->effector->ops->trial(x->effector, &x->c->facts, &x->c->plan, &why, &err);
	if (r == 0 && must_be_tried(x->c)) {
		message("refused: the next start of dockerd is not tried yet (%s), and dockerd "
			"could not be asked beforehand%s%s; --ack of a control that needs the "
			"restart consents to it",
			x->c->facts.docker.untried, why ? ": " : "", why ? why : "");
		return CODE_REFUSED;
	}
	if (r == 1)
		on_phase(x, "trial", clock_ms() - start);
	else if (why)
		remark("dockerd could not be asked beforehand: %s", why);
	return r < 0 ? fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, &err) : CODE_OK;
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
	if (x->result.still_fails || x->result.no_timer)
		str_replace(&x->suspect, NULL);
	else if (x->result.failure && !interrupt_signal() && !x->awaited)
		find_suspect(x, r, err);
	if (code == CODE_OK && may_speak_against(x->c))
		x->undo_ack = undo_consent(x->c, x->result.id);
	return outcome_print(x, code);
}

static int run_transaction(struct execution *x)
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
		.verify = on_verify,
		.well = site_says_well,
		.phase = on_phase,
		.data = x,
		.gate_ms = gate_ms(x),
		.max_gap_ms = c->o->max_gap_ms,
		.drain = c->o->drain_cmd,
		.undrain = c->o->undrain_cmd,
		.confirm_usec = (uint64_t)c->o->confirm_ms * 1000,
	};
	int r, code;

	code = run_trial(x);
	if (code == CODE_OK)
		code = site_was_well(x);
	if (code == CODE_OK && x->again)
		code = x->again(x);
	if (code != CODE_OK)
		return code;
	/* by facts as new as can be: a container that came since is watched, too */
	if (x->effector->ops->remember &&
	    x->effector->ops->remember(x->effector, &c->facts, &err) < 0)
		return fail(CODE_ERROR, &err);
	if (c->o->format == FORMAT_TEXT && !c->o->quiet && terminal_shows_progress()) {
		x->effector->watching = on_watching;
		x->effector->watching_data = x;
	}
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
	if (code == CODE_OK)
		code = ask(x);
	return code == CODE_OK ? run_transaction(x) : code;
}
