#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/in-force.h"
#include "rollback/revert-impl.h"

/*
 * What a rollback takes back is what its own transaction has in force still, and nobody else wants:
 * what another one that stands brought about stays, and what was undone already is not undone again.
 */

static bool is_other(const struct reversal *v, const struct transaction_summary *t)
{
	return t != v->root_transaction && !t->of && history_counts(&v->history, t);
}

/* The effects of another apply on a subject: its first, and the last one that stands. */
static struct recorded find_other(const struct reversal *v, const struct transaction_summary *t,
				  struct subject subject)
{
	const struct history *h = &v->history;
	struct recorded found = {0};

	for (size_t k = 0; k < t->plan.nstages; k++)
		for (size_t i = 0; i < t->plan.stages[k].effects.count; i++) {
			const struct effect *e = &t->plan.stages[k].effects.items[i];

			if (!subject_equal(e->subject, subject))
				continue;
			if (!found.first)
				found.first = e;
			found.last_toggled = e;
			if (history_stands(h, h->count, t, e->control, &v->undoing))
				found.last_standing = e;
		}
	return found;
}

static bool is_wanted(const struct reversal *v, struct subject subject)
{
	const struct history *h = &v->history;

	for (size_t i = h->count; i-- > 0 && &h->items[i] > v->root_transaction;)
		if (is_other(v, &h->items[i]) && find_other(v, &h->items[i], subject).last_standing)
			return true;
	return false;
}

/* What an earlier apply made of it that is undone since is not brought back: what it found is. */
static const char *value_beneath(const struct reversal *v, const struct transaction_summary *t,
				 const struct recorded *earlier, const char *before)
{
	const struct history *h = &v->history;
	size_t then = (size_t)(v->root_transaction - h->items);

	return history_stands(h, then, t, earlier->last_toggled->control, NULL) &&
			       strcmp_null(earlier->last_toggled->after, before) == 0
		       ? earlier->first->before
		       : before;
}

/*
 * Whether the rollback gives a file that such an effect brought into force, or one of its control's where
 * it names none, another value than the earlier apply had left there.
 */
static bool writes_theirs(const struct reversal *v, const struct effect *e,
			  const struct transaction_summary *earlier)
{
	for (size_t i = 0; i < v->plan->nchanges; i++) {
		const struct change *c = &v->plan->changes[i];

		for (size_t k = 0; k < c->edits.count; k++) {
			const struct edit *edit = &c->edits.items[k];
			const struct edit *was;

			if (e->nbrings ? !effect_names(e, c->path, edit->subject)
				       : strcmp_null(edit->control, e->control) != 0)
				continue;
			was = plan_last_edit(&earlier->plan, c->path, edit->subject);
			if (!was || strcmp_null(was->after, edit->after) != 0)
				return true;
		}
	}
	return false;
}

/*
 * An earlier apply that stands wants its value, unless somebody has made another of it between: then the
 * disk goes back to theirs, and what is in force with it.
 */
const char *revert_target(const struct reversal *v, const struct recorded *r)
{
	const struct history *h = &v->history;
	const char *before = r->first->before;

	if (r->last_standing)
		return r->last_standing->after;
	for (size_t i = (size_t)(v->root_transaction - h->items); i-- > 0;) {
		struct recorded earlier = {0};

		if (is_other(v, &h->items[i]))
			earlier = find_other(v, &h->items[i], r->first->subject);
		if (earlier.last_standing)
			return writes_theirs(v, r->first, &h->items[i])
				       ? before
				       : earlier.last_standing->after;
		if (earlier.first)
			before = value_beneath(v, &h->items[i], &earlier, before);
	}
	return before;
}

bool revert_was_brought(const struct reversal *v, struct subject subject, const char *value)
{
	const struct history *h = &v->history;
	size_t then = (size_t)(v->root_transaction - h->items);

	for (size_t i = then; i-- > 0;) {
		const struct transaction_summary *t = &h->items[i];
		const struct recorded was =
			is_other(v, t) ? find_other(v, t, subject) : (struct recorded){0};

		if (was.first && !was.last_standing &&
		    history_stands(h, then, t, was.last_toggled->control, NULL) &&
		    strcmp_null(was.last_toggled->after, value) == 0)
			return true;
	}
	return false;
}

/* Whether the rollback edits what such an effect of the apply brought into force. */
static bool brings_edits(const struct reversal *v, const struct effect *e)
{
	const struct plan *was = &v->root_transaction->plan;

	for (size_t k = 0; k < was->nstages; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++) {
			const struct effect *o = &was->stages[k].effects.items[i];

			if (!subject_equal(o->subject, e->subject))
				continue;
			if (o->nbrings == 0 && plan_has_control(v->plan, o->control))
				return true;
			for (size_t n = 0; n < o->nbrings; n++)
				if (plan_last_edit(v->plan, o->brings[n].path,
						   o->brings[n].subject))
					return true;
		}
	return false;
}

/* What is so already need not be brought about; a state of files on disk, which change yet, does. */
static bool is_so_already(const struct facts *facts, const struct effect *e)
{
	return (e->handler == HANDLER_AUDIT_RULES || e->handler == HANDLER_SYSCTL) &&
	       effect_in_force(facts, e) == IN_FORCE_YES;
}

bool revert_is_left_out(const struct reversal *v, const struct effect *e)
{
	if (e->subject.scheme == SCHEME_STATE && strv_contains(&v->lost, e->subject.key))
		return true;
	if ((e->handler == HANDLER_SYSCTL || e->handler == HANDLER_AUDIT_RULES) &&
	    strv_contains(&v->stays, e->subject.key))
		return true;
	/* or another one made it just so before */
	if (!effect_is_deed(e) &&
	    (is_wanted(v, e->subject) || strcmp_null(e->before, e->after) == 0))
		return true;
	if (!v->again)
		return is_so_already(v->facts, e);
	if (effect_is_deed(e))
		return !brings_edits(v, e);
	return effect_in_force(v->facts, e) == IN_FORCE_YES ||
	       (e->handler == HANDLER_SYSCTL && !e->after);
}

static bool goes(const struct reversal *v, const char *control)
{
	return v->again || !history_stands(&v->history, v->history.count, v->root_transaction,
					   control, &v->undoing);
}

/* In the order of their names, for whatever is said of them. */
static void toggled_names(const struct reversal *v, struct strv *ret)
{
	for (size_t i = 0; i < v->toggled.size; i++)
		if (v->toggled.slots[i].key)
			strv_add(ret, v->toggled.slots[i].key);
	strv_sort(ret);
}

/* 1: it stays as it is; 0: it goes. */
static int spare(struct reversal *v, const char *control, struct error *err)
{
	const struct transaction_summary *later =
		history_resting(&v->history, v->root_transaction, control, &v->undoing);

	if (!later || !goes(v, control))
		return 0;
	if (!v->again && v->on_conflict != CONFLICT_KEEP)
		return error_set(
			err, -EPERM,
			"'%s' is in force by %s, too, which rests on what %s did: roll %s "
			"back first; --on-conflict keep leaves it as it is, and undoes the "
			"rest",
			control, later->id, v->root_transaction->id, later->id);
	if (v->again)
		checks_add(&v->plan->checks, CHECK_WARN, control,
			   "%s stays as it is: %s has it in force", control, later->id);
	else
		strv_addf(v->conflicts, "%s is in force by %s, too, and stays as it is", control,
			  later->id);
	return 1;
}

int revert_spare(struct reversal *v, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	struct map go = {0};
	int r = 0;

	toggled_names(v, &names);
	for (size_t i = 0; i < names.count && r >= 0; i++) {
		r = spare(v, names.items[i], err);
		if (r == 0)
			map_put(&go, names.items[i], map_get(&v->toggled, names.items[i]));
	}
	map_clear(&v->toggled, NULL);
	v->toggled = go;
	return r < 0 ? r : 0;
}
