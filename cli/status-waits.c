#include "cli/status-waits.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/gather.h"
#include "engine/format/json-util.h"
#include "rollback/history-left.h"
#include "rollback/in-force.h"
#include "rollback/transaction-directory.h"

void waits_clear(struct waits *w)
{
	free(w->items);
	*w = (struct waits){0};
}

/* Whether a later one that was kept did something about the same: then it is that one that tells. */
static bool is_overtaken(const struct ledger *l, size_t at, struct subject subject)
{
	for (size_t n = at + 1; n < l->count; n++)
		if (l->items[n].state == TRANSACTION_COMMITTED &&
		    plan_find_effect(&l->items[n].plan, subject))
			return true;
	return false;
}

/* Nothing that it would bring into force is on disk any more. What cannot be read may be. */
static bool is_changed(const struct ledger *l, const struct wait *w)
{
	size_t changed = 0;

	for (size_t i = 0; i < w->effect->nbrings; i++) {
		const struct edit_ref *ref = &w->effect->brings[i];
		const struct edit *e = plan_last_edit(&w->of->plan, ref->path, ref->subject);

		changed += e && history_has_value(&l->c.root, ref->path, e, e->after) == 0;
	}
	return w->effect->nbrings && changed == w->effect->nbrings;
}

/* A unit that was started since runs with what was written; dockerd is asked for its values. */
static bool is_over(const struct facts *f, const struct wait *w)
{
	const struct unit_facts *u = w->effect->subject.scheme == SCHEME_UNIT
					     ? facts_unit(f, w->effect->subject.key)
					     : NULL;

	if (w->effect->subject.scheme == SCHEME_DOCKER)
		return effect_in_force(f, w->effect) == IN_FORCE_YES;
	return u && u->main_pid && u->started_usec > w->of->started_usec;
}

static void add_waits(const struct ledger *l, size_t at, struct waits *ret)
{
	const struct transaction_summary *t = &l->items[at];
	const struct history h = {.items = l->items, .count = l->count};

	for (size_t i = 0; i < t->plan.nstages; i++)
		for (size_t k = 0; k < t->plan.stages[i].effects.count; k++) {
			const struct effect *e = &t->plan.stages[i].effects.items[k];
			struct wait *w;

			if (!e->pending || is_overtaken(l, at, e->subject) ||
			    !history_still_so(&h, t, e->control))
				continue;
			w = array_append(&ret->items, &ret->count, sizeof(*w));
			*w = (struct wait){.of = t, .effect = e};
			w->changed = is_changed(l, w);
		}
}

/* The host is asked only where something may wait; what it does not tell waits on. */
static void drop_over(const struct ledger *l, struct waits *w)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	size_t kept = 0;

	facts.docker.silent = true; /* nobody waits long for the status */
	if (l->c.root.offline || w->count == 0 ||
	    facts_gather(&facts, &l->c.root, context_witness(&l->c), 0, NULL) < 0)
		return;
	for (size_t i = 0; i < w->count; i++)
		if (!is_over(&facts, &w->items[i]))
			w->items[kept++] = w->items[i];
	w->count = kept;
}

/* A boot since has ended the wait: no container ran when dockerd started. */
void waits_find(const struct ledger *l, struct waits *ret)
{
	CLEANUP(freep) char *boot = l->c.root.offline ? NULL : current_boot_id();

	for (size_t i = l->count; i > 0; i--) {
		const struct transaction_summary *t = &l->items[i - 1];

		if (t->state != TRANSACTION_COMMITTED ||
		    (boot && t->boot_id && strcmp(boot, t->boot_id) != 0))
			continue;
		add_waits(l, i - 1, ret);
	}
	drop_over(l, ret);
}

size_t waits_changed(const struct waits *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->items[i].changed;
	return n;
}

json_t *waits_to_json(const struct ledger *l)
{
	CLEANUP(waits_clear) struct waits waits = {0};
	json_t *all = json_array();

	waits_find(l, &waits);
	for (size_t i = 0; i < waits.count; i++) {
		const struct effect *e = waits.items[i].effect;
		CLEANUP(freep) char *subject = subject_print(e->subject);
		json_t *one;

		if (waits.items[i].changed)
			continue;
		one = json_object();
		json_put(one, "control", json_text(e->control));
		json_put(one, "subject", json_text(subject));
		json_put(one, "reason", json_text(e->pending));
		json_array_append_new(all, one);
	}
	return all;
}

void waits_put(struct buf *b, const struct style *s, const struct waits *waits)
{
	for (size_t i = 0; i < waits->count; i++) {
		const struct wait *w = &waits->items[i];
		CLEANUP(freep) char *subject = subject_print(w->effect->subject);
		CLEANUP(freep)
		char *line =
			xasprintf("%s was written by %s, and not in force then: %s. %s", subject,
				  w->of->id, w->effect->pending,
				  w->changed ? "Somebody wrote another value since: it does not "
					       "wait any more. 'harden check' tells what is "
					       "so now."
					     : "It is so after a restart of dockerd without "
					       "containers, or a reboot.");

		buf_puts(b, w->changed ? "Changed:  " : "Waits:    ");
		wrap_text(b, s, 10, line);
	}
}
