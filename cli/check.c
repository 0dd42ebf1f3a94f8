/* harden check: is the host as its baseline says, and as the last apply left it? */

#include "cli/report/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/context-baselines.h"
#include "cli/message.h"
#include "cli/next-boot.h"
#include "cli/notice.h"
#include "cli/report/summary.h"
#include "cli/status-left.h"
#include "cli/terminal.h"
#include "cli/verify.h"
#include "engine/base/alloc.h"
#include "engine/facts/gather.h"
#include "engine/format/format.h"
#include "engine/format/secret.h"
#include "rollback/drift-effects.h"

static void check_clear(struct check *check)
{
	for (size_t i = 0; i < check->ndrift; i++) {
		free(check->drift[i].transaction);
		free(check->drift[i].control);
		free(check->drift[i].path);
		free(check->drift[i].subject);
		free(check->drift[i].applied);
		free(check->drift[i].now);
	}
	free(check->drift);
	free(check->controls);
	free(check->transaction);
	free(check->not_compared);
}

/*
 * What nobody has decided for, and what is no hole where it is missing: an opt-in control that is
 * not grave, and that harden has not applied here.
 */
static bool is_option(const struct checked *one, const struct control *control)
{
	return control && control->apply == APPLY_OPT_IN && !one->applied &&
	       control->severity >= SEVERITY_MEDIUM;
}

static enum outcome outcome_of(const struct checked *one, const struct control *control)
{
	static const enum outcome by_verdict[VERDICT_COUNT] = {
		[VERDICT_NOT_APPLICABLE] = OUTCOME_NOT_APPLICABLE,
		[VERDICT_PASS] = OUTCOME_PASS,
		[VERDICT_MANUAL] = OUTCOME_MANUAL,
		[VERDICT_PENDING] = OUTCOME_PENDING,
		[VERDICT_NOT_MEASURED] = OUTCOME_NOT_MEASURED,
		[VERDICT_FAIL] = OUTCOME_FAIL,
	};
	const struct finding *f = one->finding;

	if (f->state == FINDING_WAIVED)
		return OUTCOME_WAIVED;
	if (f->verdict == VERDICT_FAIL && is_option(one, control)) {
		if (f->state == FINDING_HELD)
			return OUTCOME_HELD;
		if (control->lacks.count && f->state == FINDING_OK)
			return OUTCOME_MANUAL;
	}
	if (f->verdict != VERDICT_FAIL && f->state == FINDING_REFUSED)
		return OUTCOME_REFUSED;
	return by_verdict[f->verdict];
}

static bool differs(const struct options *o, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_FAIL:
	case OUTCOME_PENDING:
	case OUTCOME_REFUSED:
		return true;
	case OUTCOME_NOT_MEASURED:
		return !o->allow_unmeasured;
	case OUTCOME_HELD:
	case OUTCOME_WAIVED:
	case OUTCOME_MANUAL:
		return o->strict;
	case OUTCOME_PASS:
	case OUTCOME_NOT_APPLICABLE:
	case OUTCOME_COUNT:
		break;
	}
	return false;
}

static bool is_grave(const struct options *o, enum severity severity)
{
	return !o->given[OPT_FAIL_ON] || (int)severity <= o->fail_on;
}

/* What harden brought about and is not so any more is drift, however light. */
static bool is_lost(const struct checked *one)
{
	return one->applied && one->outcome == OUTCOME_FAIL;
}

static int rank_of(const struct checked *one)
{
	static const int ranks[OUTCOME_COUNT] = {
		[OUTCOME_FAIL] = 0,    [OUTCOME_REFUSED] = 1,        [OUTCOME_NOT_MEASURED] = 2,
		[OUTCOME_PENDING] = 3, [OUTCOME_HELD] = 4,           [OUTCOME_WAIVED] = 5,
		[OUTCOME_MANUAL] = 6,  [OUTCOME_NOT_APPLICABLE] = 7, [OUTCOME_PASS] = 7,
	};

	return ranks[one->outcome];
}

static int compare_checked(const void *a, const void *b)
{
	const struct checked *x = a, *y = b;

	if (rank_of(x) != rank_of(y))
		return rank_of(x) - rank_of(y);
	if (x->finding->severity != y->finding->severity)
		return (int)x->finding->severity - (int)y->finding->severity;
	return strcmp(x->finding->control, y->finding->control);
}

static void judge(struct check *check, const struct strv *applied)
{
	const struct plan *plan = &check->c->plan;
	const struct options *o = check->c->o;

	for (size_t i = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];
		const struct control *control = context_control(check->c, f->control);
		struct checked *one =
			array_append(&check->controls, &check->ncontrols, sizeof(*one));

		one->finding = f;
		one->applied = strv_contains(applied, f->control);
		one->outcome = outcome_of(one, control);
		one->level = control ? control->level : 1;
		one->differs =
			differs(o, one->outcome) && (is_grave(o, f->severity) || is_lost(one));
	}
	if (check->ncontrols > 1)
		qsort(check->controls, check->ncontrols, sizeof(*check->controls), compare_checked);
}

/* A secret is compared, but neither of its values is told. */
static char *shown(const struct check *check, const struct edit *e, const char *value)
{
	const struct options *o = check->c->o;

	if (!e->sensitive && !secret_in(e->subject, value))
		return xstrdup_null(value);
	return secret_mark(value, o->format == FORMAT_JSON || terminal_style(o).utf8);
}

static void add_drift(struct check *check, const struct drift *drift)
{
	struct drifted *d = array_append(&check->drift, &check->ndrift, sizeof(*d));

	const struct edit *e = drift->edit;

	d->transaction = xstrdup(drift->of->id);
	d->control = xstrdup_null(e->control);
	d->path = xstrdup_null(e->path);
	d->subject = drift->other_kind ? xstrdup(DRIFTED_KIND) : subject_print(e->subject);
	d->applied = drift->other_kind ? xstrdup(drift->applied) : shown(check, e, drift->applied);
	d->now = drift->other_kind ? xstrdup(drift->now) : shown(check, e, drift->now);
}

/* In the kernel's and dockerd's own terms; a chain by how many rules it has. */
static char *shown_effect(const struct check *check, const struct effect_drift *d,
			  const char *value)
{
	const struct options *o = check->c->o;
	bool digest =
		(d->applied && secret_is_digest(d->applied)) || (value && secret_is_digest(value));

	if (format_of_effect(d->effect->subject)->shown == SHOWN_COUNTED)
		return value ? summary_of_chain(value) : NULL;
	if (!digest && !secret_in(d->subject, value))
		return xstrdup_null(value);
	return secret_mark(value, o->format == FORMAT_JSON || terminal_style(o).utf8);
}

static void add_effect_drift(struct check *check, const struct effect_drift *drift)
{
	struct drifted *d = array_append(&check->drift, &check->ndrift, sizeof(*d));

	d->transaction = xstrdup(drift->of->id);
	d->control = xstrdup_null(drift->effect->control);
	d->where = handler_place(drift->effect->handler);
	d->subject = subject_print(drift->subject);
	d->applied = shown_effect(check, drift, drift->applied);
	d->now = shown_effect(check, drift, drift->now);
	if (d->applied && d->now && strcmp(d->applied, d->now) == 0) /* as many rules */
		str_replace(&d->now, "others");
}

static void tell_untold(struct check *check, const struct effect_drift *drift)
{
	CLEANUP(freep) char *subject = subject_print(drift->subject);

	if (check->not_compared)
		return;
	check->not_compared = xasprintf("whether %s of transaction %s is in force is not known: %s",
					subject, drift->of->id, drift->unknown);
	check->older = strcmp_null(drift->of->id, check->transaction) != 0;
}

/* Of what is told by the facts that are there; what else it takes is gathered anew. */
static int compare_effects(struct check *check, const struct context *c,
			   const struct history *history, const struct drift_wanted *wanted,
			   struct error *err)
{
	CLEANUP(effect_drifts_clear) struct effect_drifts drifts = {0};
	CLEANUP(facts_clear) struct facts more = {0};
	unsigned needs = drift_of_effects_needs(history, wanted);
	bool lacks = (needs & c->facts.parts) != needs && !c->facts.offline;

	more.docker.silent = c->facts.docker.silent;
	if (lacks && facts_gather(&more, &c->root, context_witness(c), needs, err) < 0)
		return -EIO;
	drift_of_effects(history, wanted, lacks ? &more : &c->facts, &drifts);
	for (size_t i = 0; i < drifts.count; i++)
		if (drifts.items[i].unknown)
			tell_untold(check, &drifts.items[i]);
		else
			add_effect_drift(check, &drifts.items[i]);
	return 0;
}

/* What an open transaction wrote may be put back at any moment: nobody can pass on it. */
static int refuse_open(const struct context *c, const struct history *history, struct error *err)
{
	for (size_t i = 0; i < history->count; i++) {
		const struct transaction_summary *t = &history->items[i];

		if (t->state == TRANSACTION_WAITING)
			return error_set(err, -EBUSY, "transaction %s waits to be confirmed",
					 t->id);
		if (notice_is_undecided(t))
			return error_set(err, -EBUSY, "transaction %s is open, and %s", t->id,
					 notice_is_running(&c->state)
						 ? "at work"
						 : "'harden recover' would put back what it wrote");
	}
	return 0;
}

static bool is_selected(const void *selection, const char *control)
{
	return selection_names(selection, control);
}

/* Of an apply that may stand: how many paths have to be compared. */
static size_t paths_of(const struct transaction_summary *t)
{
	return transaction_is_in_force(t) ? t->plan.nchanges : 0;
}

/* What is known of the others does not tell what of this one stands: the newest is an error, an older one is told. */
static void tell_unread(struct check *check, const struct transaction_summary *t)
{
	if (check->not_compared)
		return;
	check->not_compared =
		xasprintf("transaction %s, which may be in force, cannot be read%s%s%s", t->id,
			  t->note ? " (" : "", t->note ? t->note : "", t->note ? ")" : "");
	check->older = true;
}

static int compare_all(struct check *check, const struct context *c, struct history *history,
		       const struct transaction_summary *last, struct error *err)
{
	CLEANUP(drifts_clear) struct drifts drifts = {0};
	CLEANUP(freep) size_t *paths = xcalloc(history->count, sizeof(*paths));
	const struct selection s = context_selection(c);
	const struct drift_wanted wanted = {is_selected, &s};
	int r;

	for (size_t i = 0; i < history->count; i++)
		paths[i] = paths_of(&history->items[i]);
	r = history_load_all(&c->state, history, last, err);
	for (size_t i = 0; i < history->count && r >= 0; i++) {
		const struct transaction_summary *t = &history->items[i];
		bool damaged = t->state == TRANSACTION_DAMAGED && !t->rolled_back_by && !t->of;

		if (damaged || paths_of(t) < paths[i])
			tell_unread(check, t);
	}
	if (r >= 0)
		r = drift_of_all(history, &wanted, &c->root, &drifts, err);
	for (size_t i = 0; i < drifts.count; i++) /* also where another path cannot be compared */
		add_drift(check, &drifts.items[i]);
	return r < 0 ? r : compare_effects(check, c, history, &wanted, err);
}

/* With the newest in force, and with what stands of all before it: each of them is the user's. */
static int compare_applied(struct check *check, const struct context *c, struct error *err)
{
	CLEANUP(history_clear) struct history history = {0};
	size_t last = 0;
	int r = history_open(&c->state, &history, err);

	if (r >= 0)
		r = refuse_open(c, &history, err);
	if (r >= 0)
		r = history_find_in_force(history.items, history.count, &last, err);
	if (r < 0)
		return r;
	check->transaction = xstrdup(history.items[last].id);
	return compare_all(check, c, &history, &history.items[last], err);
}

/* `r` is what came of opening the state. No apply yet is no difference; one that cannot be read is said. */
static void look_back(struct check *check, struct context *c, int r, struct error *err,
		      struct strv *ret_applied)
{
	if (r == 0 && c->state.fd < 0)
		return;
	if (r == 0)
		r = history_controls(&c->state, ret_applied, err);
	if (r == 0)
		r = compare_applied(check, c, err);
	if (r < 0 && r != -ENOENT) {
		str_replace(&check->not_compared, error_text(err));
		check->older = false;
	}
}

/* It passes all the same: what is in force is what was applied. But it was to be undone. */
static void name_left(const struct context *c)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	if (c->state.fd >= 0 && !notice_is_running(&c->state))
		left_note(c, &lines);
	for (size_t i = 0; i < lines.count; i++)
		message("%s", lines.items[i]);
}

int command_check(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	CLEANUP(check_clear) struct check check = {.c = &c};
	CLEANUP(strv_clear) struct strv applied = {0};
	CLEANUP(error_clear) struct error err = {0};
	int code, printed, opened;

	context_init(&c, o);
	c.check = true;
	if (o->next_boot || o->next_packages.count)
		return next_boot(&c);
	code = context_root(&c);
	if (code == CODE_OK)
		code = context_baselines(&c);
	if (code == CODE_OK)
		code = context_facts(&c);
	if (code == CODE_OK)
		code = context_plan(&c);
	if (c.root.fd < 0)
		return code;
	opened = state_open(&c.state, &c.root, false, &err);
	notice_ledger(&c);
	if (code != CODE_OK)
		return code;
	look_back(&check, &c, opened, &err, &applied);
	name_left(&c);
	judge(&check, &applied);
	if (check.not_compared)
		message("not compared with %s: %s", check_compared_with(&check),
			check.not_compared);
	code = check_differs(&check) ? CODE_DIFFERENCES : CODE_OK;
	printed = o->format == FORMAT_JSON ? check_print_json(&check, code)
					   : check_print_text(&check);
	return printed != CODE_OK ? printed : code;
}
