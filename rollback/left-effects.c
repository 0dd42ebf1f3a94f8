#include "rollback/left-effects.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/sysctl.h"
#include "rollback/in-force.h"
#include "rollback/revert-impl.h"
#include "rollback/rule-files.h"
#include "rollback/transaction-directory.h"

/*
 * Whether its value can be in force with no file that has it. That systemd has read a unit says nothing; a chain of
 * the packet filter is told by itself (loaded.h), whoever left it.
 */
static bool is_value(const struct effect *e)
{
	return !effect_is_deed(e) && !e->along && !e->pending && e->subject.key &&
	       e->subject.scheme != SCHEME_UNIT && e->subject.scheme != SCHEME_CHAIN;
}

/* Of several on one subject the last one tells what was applied. */
static bool is_last(const struct plan *plan, const struct effect *e)
{
	bool behind = false, last = true;

	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			const struct effect *other = &plan->stages[k].effects.items[i];

			if (behind && subject_equal(other->subject, e->subject))
				last = false;
			behind |= other == e;
		}
	return last;
}

static bool is_changed(const struct plan *plan, const struct effect *e)
{
	return strcmp_null(plan_find_effect(plan, e->subject)->before, e->after) != 0;
}

static bool wants_setting(const struct edit *edit, const struct effect *e)
{
	return edit->subject.scheme == SCHEME_KV && edit->after && e->after &&
	       strcmp(edit->subject.key, e->subject.key) == 0 && sysctl_same(edit->after, e->after);
}

/* By a file of that one: it has found the kernel to have the value, and was not to set it. */
static bool is_held_by_file(const struct history *h, const struct transaction_summary *t,
			    const struct effect *e)
{
	for (size_t i = 0; e->subject.scheme == SCHEME_SYSCTL && i < t->plan.nchanges; i++) {
		const struct edits *edits = &t->plan.changes[i].edits;

		for (size_t k = 0; k < edits->count; k++)
			if (wants_setting(&edits->items[k], e) &&
			    history_stands(h, h->count, t, edits->items[k].control, NULL))
				return true;
	}
	return false;
}

/* Its control is in force by that one: what it found as wanted it has taken over, and wrote the rest. */
static bool is_taken_over(const struct history *h, const struct transaction_summary *t,
			  const struct effect *e)
{
	const struct finding *f = e->control ? plan_find_finding(&t->plan, e->control) : NULL;

	return !t->of && f && f->state == FINDING_PLANNED && f->left_out.count == 0 &&
	       history_stands(h, h->count, t, e->control, NULL);
}

/* By a later one that did something about the same, holds it, or undid it: it tells what is so now. */
static bool is_settled(const struct history *h, size_t at, const struct effect *e)
{
	if (!history_stands(h, h->count, &h->items[at], e->control, NULL))
		return true;
	for (size_t n = at + 1; n < h->count; n++)
		if (h->items[n].state == TRANSACTION_COMMITTED &&
		    (plan_find_effect(&h->items[n].plan, e->subject) ||
		     is_held_by_file(h, &h->items[n], e) || is_taken_over(h, &h->items[n], e)))
			return true;
	return false;
}

static bool may_be_left(const struct history *h, size_t at, const struct effect *e)
{
	const struct plan *plan = &h->items[at].plan;

	return is_value(e) && is_last(plan, e) && is_changed(plan, e) && !is_settled(h, at, e);
}

/* Its next start has it, too: in a file, which is told by itself, or by what others gave it. */
static bool starts_with_it(const struct facts *now, const struct effect *e)
{
	const struct setting *next = settings_find(&now->docker.next, e->subject.key);

	return daemon_value_same(e->subject.key, next ? next->value : NULL, e->after);
}

/*
 * dockerd runs since before its files are as they are now, and its API never tells the key, or tells nothing at all. Its
 * next start ends that: then the files tell.
 */
static bool may_be_in_dockerd(const struct facts *now, const struct effect *e)
{
	const char *value;

	return now->docker.running && !daemon_value_in_force(&now->docker, e->subject.key, &value);
}

static bool is_left_in_dockerd(const struct facts *now, const struct effect *e)
{
	enum in_force is = effect_in_force(now, e);

	return (is == IN_FORCE_YES || (is == IN_FORCE_UNKNOWN && may_be_in_dockerd(now, e))) &&
	       !starts_with_it(now, e);
}

/* A rule file of others' has it by now: it is theirs. */
static bool is_of_others(const struct root *root, const struct effect *e)
{
	const struct plan nothing = {0};
	const struct rule_files files = {.root = root, .plan = &nothing};
	CLEANUP(freep)
	char *why =
		e->subject.scheme == SCHEME_RULE ? rule_files_want(&files, e->subject.key) : NULL;

	return why != NULL;
}

/* What the kernel has ends with it. */
static bool is_of_this_boot(const struct transaction_summary *t)
{
	CLEANUP(freep) char *boot = current_boot_id();

	return !t->boot_id || strcmp(t->boot_id, boot) == 0;
}

static bool is_left(const struct history *h, const struct root *root,
		    const struct transaction_summary *t, const struct effect *e)
{
	if (e->subject.scheme == SCHEME_DOCKER)
		return is_left_in_dockerd(h->now, e);
	return effect_in_force(h->now, e) == IN_FORCE_YES && is_of_this_boot(t) &&
	       !is_of_others(root, e);
}

void left_effects_by(const struct history *h, const struct root *root, size_t at, struct strv *ret)
{
	const struct transaction_summary *t = &h->items[at];

	if (!h->now || h->now->offline || !transaction_is_half_back(t))
		return;
	for (size_t k = 0; k < t->plan.nstages; k++)
		for (size_t i = 0; i < t->plan.stages[k].effects.count; i++) {
			const struct effect *e = &t->plan.stages[k].effects.items[i];
			CLEANUP(freep) char *subject = subject_print(e->subject);

			if (may_be_left(h, at, e) && is_left(h, root, t, e))
				strv_add_once(ret, subject);
		}
}

bool left_effects_any(const struct history *h, unsigned *ret_needs)
{
	bool any = false;

	*ret_needs = 0;
	for (size_t at = 0; at < h->count; at++) {
		const struct plan *p = &h->items[at].plan;
		bool half = transaction_is_half_back(&h->items[at]);

		for (size_t k = 0; half && k < p->nstages; k++)
			for (size_t i = 0; i < p->stages[k].effects.count; i++) {
				const struct effect *e = &p->stages[k].effects.items[i];

				if (!may_be_left(h, at, e))
					continue;
				any = true;
				if (e->subject.scheme == SCHEME_STATE)
					*ret_needs |= FACTS_UNIT_STATES;
			}
	}
	return any;
}
