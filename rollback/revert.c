#include "rollback/revert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/secret.h"
#include "engine/plan/borrow.h"
#include "engine/plan/overlay-view.h"
#include "engine/plan/socket-access.h"
#include "rollback/broken.h"
#include "rollback/revert-impl.h"

char *shown_value(struct subject subject, bool sensitive, const char *value)
{
	if (!value)
		return xstrdup("(not there)");
	return sensitive || secret_in(subject, value) ? secret_mark(value, false) : xstrdup(value);
}

static void reversal_clear(struct reversal *v)
{
	error_clear(&v->obstacle);
	history_clear(&v->history);
	map_clear(&v->toggled, NULL);
	map_clear(&v->directories, NULL);
	strv_clear(&v->kept);
	strv_clear(&v->lost);
	strv_clear(&v->stays);
}

/* Whether it ever was in force, be it in part: what was put back when it failed is undone by that. */
static bool was_in_force(const struct transaction_summary *t)
{
	return t->state != TRANSACTION_ROLLED_BACK || transaction_is_half_back(t);
}

/* Whether the rollback takes a control's part away, or brings it again. */
static bool is_toggled(const struct reversal *v, const char *control)
{
	const struct history *h = &v->history;
	const struct strv *only = v->undoing.controls;

	if (!was_in_force(v->root_transaction))
		return false;
	if (v->again)
		return control && (!only || strv_contains(only, control)) &&
		       !history_stands(h, h->count, v->root_transaction, control, NULL);
	return history_stands(h, h->count, v->root_transaction, control, NULL) !=
	       history_stands(h, h->count, v->root_transaction, control, &v->undoing);
}

bool reversal_concerns(const struct reversal *v, const char *control)
{
	return control && map_get(&v->toggled, control);
}

static void find_if_toggled(struct reversal *v, char *control)
{
	if (control && is_toggled(v, control))
		map_put(&v->toggled, control, control);
}

/* All of them: each is turned round by itself. */
static void find_toggled(struct reversal *v)
{
	const struct plan *plan = &v->root_transaction->plan;

	for (size_t i = 0; i < plan->nfindings; i++)
		if (plan->findings[i].state == FINDING_PLANNED)
			find_if_toggled(v, plan->findings[i].control);
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++)
			find_if_toggled(v, plan->changes[i].edits.items[k].control);
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			find_if_toggled(v, plan->stages[i].effects.items[k].control);
}

/* One that a rollback was to take away; or one that we made, which it had to leave for a file in it. */
static bool is_directory(const struct reversal *v, const struct change *c)
{
	return c->images[0].node.kind == NODE_DIR ||
	       (v->again && c->images[0].node.kind == NODE_ABSENT &&
		c->images[c->nimages - 1].node.kind == NODE_DIR);
}

static int drop_directories(struct reversal *v, struct error *err)
{
	for (size_t i = 0; i < v->history.count; i++) {
		const struct plan *plan = &v->history.items[i].plan;

		/* what is in a directory comes before it */
		for (size_t k = plan->nchanges; k-- > 0;) {
			const struct change *c = &plan->changes[k];
			int r = c->nimages && is_directory(v, c) ? revert_directory(v, c, err) : 0;

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static void describe(struct plan *plan, const struct transaction_summary *t,
		     const struct facts *facts)
{
	plan->harden_version = xstrdup(HARDEN_VERSION);
	plan->kind = PLAN_ROLLBACK;
	plan->undoes = xstrdup(t->id);
	plan->level = t->plan.level;
	plan->hostname = xstrdup_null(facts->hostname);
	plan->machine_id = xstrdup_null(facts->machine_id);
	plan->docker_version = xstrdup_null(facts->docker.version);
	plan->offline = facts->offline;
}

static int open_history(struct reversal *v, const struct state *s,
			const struct transaction_summary *t, struct error *err)
{
	int r = history_open(s, &v->history, err);

	if (r < 0)
		return r;
	v->root_transaction = history_root(&v->history, history_by_id(&v->history, t->id));
	if (!v->root_transaction)
		return error_set(err, -ENOENT, "what '%s' undid was pruned", t->id);
	if (strcmp(v->root_transaction->id, t->id) == 0)
		v->history.undoing = v->root_transaction->id;
	r = history_load_all(s, &v->history, v->root_transaction, err);
	if (r < 0)
		return r;
	find_toggled(v);
	/* an earlier rollback left what others had made of it, and now that is to go */
	v->again = v->toggled.count == 0 && v->on_conflict == CONFLICT_BEFORE &&
		   strcmp(v->root_transaction->id, t->id) == 0;
	if (v->again)
		find_toggled(v);
	return 0;
}

int revert_has_part(const struct state *state, const struct transaction_summary *transaction,
		    const char *only, struct error *err)
{
	CLEANUP(strv_clear) struct strv controls = {0};
	CLEANUP(reversal_clear)
	struct reversal v = {.undoing = {transaction->id, only ? &controls : NULL}};
	int r;

	if (only)
		strv_add(&controls, only);
	r = open_history(&v, state, transaction, err);
	return r < 0 ? r : v.toggled.count > 0;
}

static int check_only(const struct reversal *v, const char *only, struct error *err)
{
	const struct finding *f = only ? plan_find_finding(&v->root_transaction->plan, only) : NULL;

	if (!only || (f && f->state == FINDING_PLANNED))
		return 0;
	return error_set(err, -ENOENT, "control '%s' had no part in transaction '%s'", only,
			 v->undoing.of);
}

static int revert_paths(struct reversal *v, struct error *err)
{
	const struct plan *plan = &v->root_transaction->plan;
	int r = 0;

	for (size_t i = 0; i < plan->nchanges && r >= 0; i++)
		r = revert_path(v, &plan->changes[i], err);
	if (r >= 0)
		r = broken_add_parents(v->plan, plan, v->root, err);
	if (r >= 0)
		r = drop_directories(v, err);
	if (r >= 0)
		r = revert_daemon_stays(v, err);
	if (r >= 0)
		r = revert_units(v, err);
	if (r >= 0)
		revert_settings(v);
	if (r >= 0)
		revert_rules(v);
	if (r >= 0 && v->conflicts->count && v->on_conflict == CONFLICT_STOP)
		return error_set(err, -ESTALE, "%zu %s changed since by somebody else",
				 v->conflicts->count,
				 v->conflicts->count == 1 ? "value was" : "values were");
	return r;
}

/* The paths' way back into the plan, and the effects that go with it. */
static int reverse(struct reversal *v, struct effects *ret, struct error *err)
{
	int r = revert_paths(v, err);

	if (r == -ESTALE && v->obstacle.text) { /* to put the old ones back is no way on */
		error_move(err, &v->obstacle);
		return -EEXIST;
	}
	if (r >= 0)
		r = revert_check_config(v, err);
	if (r < 0)
		return r;
	revert_effects(v, ret);
	return revert_lend_config(v, ret, err);
}

/* What others gave of the socket since goes with it, as on the way up. */
static void tell_lost_access(struct plan *plan, const struct root *root, const struct facts *facts)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	struct overlay_view *view;

	if (facts->offline)
		return; /* nobody listens, and nothing is made anew */
	view = overlay_view_new(root, facts, NULL);
	plan_lost_access(overlay_view_host(view), plan, &lines);
	for (size_t i = 0; i < lines.count; i++)
		checks_add(&plan->checks, CHECK_WARN, NULL, "%s", lines.items[i]);
	overlay_view_free(view);
}

int revert_plan(const struct state *state, const struct transaction_summary *transaction,
		const char *only, enum on_conflict on_conflict, const struct root *root,
		const struct facts *facts, struct plan *ret, struct strv *ret_conflicts,
		struct error *err)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(strv_clear) struct strv controls = {0};
	CLEANUP(reversal_clear)
	struct reversal v = {
		.undoing = {transaction->id, only ? &controls : NULL},
		.on_conflict = on_conflict,
		.root = root,
		.facts = facts,
		.plan = &plan,
		.conflicts = ret_conflicts,
	};
	int r;

	if (only)
		strv_add(&controls, only);
	r = open_history(&v, state, transaction, err);
	if (r >= 0)
		r = check_only(&v, only, err);
	if (r < 0)
		return r;
	describe(&plan, transaction, facts);
	r = revert_spare(&v, err);
	if (r >= 0)
		r = reverse(&v, &effects, err);
	if (r < 0)
		return r;
	plan.start_known = revert_start_known(&v);
	plan.found = revert_found(&v);
	r = compose_effects(&plan, root, facts, NULL, &effects, err);
	if (r < 0)
		return r;
	tell_lost_access(&plan, root, facts);
	*ret = plan;
	plan = (struct plan){0};
	return 0;
}
