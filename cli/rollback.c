/* harden rollback: undo a transaction, or one control of it, by the same executor. */

#include <errno.h>

#include "cli/broken-off.h"
#include "cli/command.h"
#include "cli/execute.h"
#include "cli/hurdles.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/only.h"
#include "cli/plan.h"
#include "cli/report/style.h"
#include "cli/report/text.h"
#include "cli/site.h"
#include "cli/status-left.h"
#include "cli/terminal.h"
#include "cli/undecided.h"
#include "cli/undo-acks.h"
#include "cli/undo-result.h"
#include "cli/undo.h"
#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/plan/place-check.h"
#include "engine/plan/preflight.h"
#include "rollback/history-left.h"
#include "rollback/revert.h"
#include "rollback/set-aside.h"

/* One that was set aside is not in the ledger any more: the way back is another one. */
static void explain_aside(const struct state *state, const char *id, struct error *err)
{
	CLEANUP(asides_clear) struct asides asides = {0};

	if (asides_list(state, &asides, NULL) < 0)
		return;
	for (size_t i = 0; i < asides.count; i++)
		if (starts_with(asides.items[i].id, id))
			error_wrap(err, -ENOENT,
				   "'%s' was set aside, and RESTORE in " STATE_ASIDE
				   "/%s puts its files back",
				   asides.items[i].id, asides.items[i].id);
}

/* Whether a control that the name means has a part in it that stands still. */
static bool has_standing(const struct history *h, const struct transaction_summary *t,
			 const char *name, const struct baseline *numbers)
{
	for (size_t i = 0; i < t->plan.nfindings; i++) {
		const struct finding *f = &t->plan.findings[i];

		if (f->state == FINDING_PLANNED && only_means(name, numbers, f->control) &&
		    history_stands(h, h->count, t, f->control, NULL))
			return true;
	}
	return false;
}

/*
 * With --only the newest that has the control in force, which need not be the newest of all. None of
 * those before one that cannot be read: it may be that one.
 */
static void find_part(const struct context *c, const struct history *h, size_t *at)
{
	const char *name = c->o->only.count ? c->o->only.items[0] : NULL;
	CLEANUP(baseline_clear) struct baseline numbers = {0};

	if (!name)
		return;
	only_load_numbers(c, &numbers);
	for (size_t i = *at + 1; i > 0; i--) {
		const struct transaction_summary *t = &h->items[i - 1];

		if (t->state == TRANSACTION_DAMAGED)
			return;
		if (!(i - 1 == *at || transaction_is_in_force(t)) ||
		    !has_standing(h, t, name, &numbers))
			continue;
		*at = i - 1;
		return;
	}
}

/* The one that is named, or the newest that a rollback undoes. */
static int find_transaction(const struct context *c, struct transaction_summary *ret,
			    struct error *err)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	size_t at;
	int r;

	if (c->o->args.count) {
		r = history_load(&c->state, c->o->args.items[0], ret, err);
		if (r == -ENOENT)
			explain_aside(&c->state, c->o->args.items[0], err);
		return r;
	}
	r = history_open(&c->state, &h, err);
	if (r >= 0)
		left_look(c, &h, &now);
	if (r >= 0)
		r = history_find_undoable(&h, &c->root, &at, err);
	if (r >= 0 && c->o->only.count == 0)
		r = undecided_check_newest(c, &h, at, err);
	if (r >= 0)
		find_part(c, &h, &at);
	return r < 0 ? r : history_load(&c->state, h.items[at].id, ret, err);
}

static int load_transaction(const struct context *c, struct transaction_summary *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	int r;

	if (c->state.fd < 0) {
		message("there is no transaction to undo");
		return CODE_ERROR;
	}
	r = find_transaction(c, ret, &err);
	if (r == -ESTALE)
		return fail(CODE_REFUSED, &err);
	return r < 0 ? fail(r == -EUCLEAN ? CODE_HANDS : CODE_ERROR, &err) : CODE_OK;
}

/* --only: one control that had a part in the transaction, as c->only; its id, or a glob for it. */
static int select_part(struct context *c, const struct transaction_summary *t)
{
	const char *name = c->o->only.count ? c->o->only.items[0] : NULL;
	CLEANUP(baseline_clear) struct baseline numbers = {0};
	CLEANUP(strv_clear) struct strv parts = {0};
	CLEANUP(freep) char *all = NULL, *named = NULL;

	only_load_numbers(c, &numbers);
	for (size_t i = 0; name && i < t->plan.nfindings; i++) {
		const struct finding *f = &t->plan.findings[i];

		if (f->state != FINDING_PLANNED)
			continue;
		strv_add(&parts, f->control);
		if (only_means(name, &numbers, f->control))
			strv_add(&c->only, f->control);
	}
	all = strv_join(&parts, ", ");
	named = strv_join(&c->only, ", ");
	if (name && c->only.count == 0)
		message("--only '%s' names nothing that had a part in %s, which changed: %s", name,
			t->id, parts.count ? all : "nothing by controls");
	else if (c->only.count > 1)
		message("--only '%s' names several, and one is undone at a time: %s", name, named);
	else
		return CODE_OK;
	return CODE_USAGE;
}

static void put_conflicts(const struct context *c, const struct strv *conflicts)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(c->o);
	struct block_line *lines;

	if (conflicts->count == 0 || c->o->format == FORMAT_JSON)
		return;
	lines = xcalloc(conflicts->count, sizeof(*lines));
	for (size_t i = 0; i < conflicts->count; i++)
		lines[i] = (struct block_line){.sign = '!', .name = conflicts->items[i]};
	text_block(&b, &s, "Changed by somebody else since", lines, conflicts->count);
	buf_putc(&b, '\n');
	free(lines);
	terminal_write(&b);
}

/* Refused or not, the plan is there to be looked at. */
static int check_plan(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = plan_check_places(&c->plan, &c->facts, &err);

	if (r >= 0)
		r = undo_check_result(c, &err);
	if (r >= 0)
		r = plan_check_restart(&c->plan, &c->facts, &c->ack, &err);
	if (r >= 0)
		return CODE_OK;
	if (c->o->format == FORMAT_TEXT)
		plan_print(c, false);
	else if (c->o->dry_run)
		plan_print_json(c, "rollback");
	return fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, &err);
}

static int refuse_plan(int r, struct error *err)
{
	bool refused = r == -ESTALE || r == -EPERM || r == -EEXIST;
	int code = fail(refused ? CODE_REFUSED : CODE_ERROR, err);

	if (r == -EEXIST) /* it says what has to be moved away */
		message("then run this again; --on-conflict keep leaves it as it is");
	return code;
}

static int make_plan(struct context *c, const struct transaction_summary *t)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	const char *only = c->only.count ? c->only.items[0] : NULL;
	int r, code;

	revert_name_config(t, &c->root, &c->facts);
	r = revert_plan(&c->state, t, only, (enum on_conflict)c->o->on_conflict, &c->root,
			&c->facts, &c->plan, &conflicts, &err);
	put_conflicts(c, &conflicts);
	if ((r == -ESTALE || r == -EEXIST) && c->o->format == FORMAT_JSON)
		for (size_t i = 0; i < conflicts.count; i++)
			message("conflict: %s", conflicts.items[i]);
	if (r == -ESTALE)
		message("--on-conflict keep leaves those values and files, --on-conflict before "
			"puts the old ones back");
	if (r < 0)
		return refuse_plan(r, &err);
	code = undo_acks(c, t);
	return code == CODE_OK ? check_plan(c) : code;
}

/* What is as before already is settled all the same: then the ledger has to say so. */
static int has_part(const struct context *c, const struct transaction_summary *t, bool *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = revert_has_part(&c->state, t, c->o->only.count ? c->o->only.items[0] : NULL, &err);

	*ret = r > 0;
	return r < 0 ? fail(CODE_ERROR, &err) : CODE_OK;
}

/* "No changes" alone would leave a person alone with what an earlier rollback left to others. */
static void explain_nothing(const struct context *c, const struct transaction_summary *t,
			    bool has_part)
{
	const char *only = c->only.count ? c->only.items[0] : NULL;
	bool before = c->o->on_conflict == CONFLICT_BEFORE;

	if (has_part || !plan_is_empty(&c->plan))
		return;
	if (t->state == TRANSACTION_ROLLED_BACK && !t->rolled_back_by) {
		message("%s was put back when it failed: nothing of it is left to undo", t->id);
		return;
	}
	message("%s%s%s is undone already%s%s: %s", only ? only : "", only ? " of " : "", t->id,
		t->rolled_back_by ? ", by " : "", t->rolled_back_by ? t->rolled_back_by : "",
		before ? "no recorded value is left to put back"
		       : "what others changed since stays; '--on-conflict before' puts back what "
			 "was recorded");
}

/* Nobody is asked to consent to the undo of what is not there. */
static int check_id(const struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(state_close) struct state state = STATE_INIT;

	/* what cannot be read now is told after recovery */
	if (!c->o->args.count || state_open(&state, &c->root, false, NULL) < 0 || state.fd < 0 ||
	    history_is_there(&state, c->o->args.items[0], &err) != -ENOENT)
		return CODE_OK;
	explain_aside(&state, c->o->args.items[0], &err);
	return fail(CODE_ERROR, &err);
}

/* Where nobody can consent it ends before the plan: that it names nothing is told first. */
static int check_names(struct context *c)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	int code = check_id(c);

	if (code != CODE_OK || c->o->only.count == 0 || execution_may_consent(c->o))
		return code;
	code = context_state(c);
	if (code == CODE_OK)
		code = load_transaction(c, &t);
	return code == CODE_OK ? select_part(c, &t) : code;
}

static int rollback(struct context *c)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(execution_clear)
	struct execution x = {.c = c,
			      .kind = "rollback",
			      .verify = undo_verify,
			      .again = undo_again,
			      .undone = &t};
	int code = check_names(c);
	bool done = false;

	if (code == CODE_OK)
		code = execution_begin(&x);
	if (code == CODE_OK)
		code = undecided_rollback(&x, &done);
	if (code == CODE_OK && !done)
		code = broken_off_rollback(&x, &done);
	if (done)
		return code;
	if (code == CODE_OK)
		code = load_transaction(c, &t);
	if (code == CODE_OK)
		code = select_part(c, &t);
	if (code == CODE_OK)
		code = context_facts_of(c, FACTS_IN_FORCE);
	if (code == CODE_OK)
		code = make_plan(c, &t);
	if (code == CODE_OK)
		code = has_part(c, &t, &x.always);
	if (code == CODE_OK)
		explain_nothing(c, &t, x.always);
	x.of = t.id;
	x.only = c->only.count ? c->only.items[0] : NULL;
	if (code == CODE_OK)
		x.effector->starts.leave = c->o->on_conflict == CONFLICT_KEEP;
	return code == CODE_OK ? execution_run(&x) : code;
}

static int preview(struct context *c)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	bool part = false, done = false;
	int code = site_check(c), shown;

	if (code == CODE_OK)
		code = context_state(c);
	notice_ledger(c);
	if (code == CODE_OK)
		code = undecided_preview(c, &done);
	if (code == CODE_OK && !done)
		code = broken_off_preview(c, &done);
	if (done)
		return code;
	if (code == CODE_OK)
		code = load_transaction(c, &t);
	if (code == CODE_OK)
		code = select_part(c, &t);
	if (code == CODE_OK)
		code = context_facts_of(c, FACTS_IN_FORCE);
	if (code == CODE_OK)
		code = make_plan(c, &t);
	if (code == CODE_OK)
		code = has_part(c, &t, &part);
	if (code != CODE_OK)
		return code;
	explain_nothing(c, &t, part);
	code = plan_is_empty(&c->plan) && !part ? CODE_OK : check_hurdles_ahead(c, "rollback");
	shown = c->o->format == FORMAT_JSON ? plan_print_json(c, "rollback") : plan_print(c, false);
	return shown != CODE_OK ? shown : code;
}

int command_rollback(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	int code;

	if (o->only.count > 1) {
		message("'rollback' takes one --only, the id of a control");
		return CODE_USAGE;
	}
	context_init(&c, o);
	code = o->dry_run ? context_root(&c) : context_writable_root(&c);
	if (code == CODE_OK)
		code = context_in_place(&c);
	if (code != CODE_OK)
		return code;
	return o->dry_run ? preview(&c) : rollback(&c);
}
