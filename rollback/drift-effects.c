#include "rollback/drift-effects.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/format.h"
#include "engine/plan/image.h"
#include "rollback/in-force.h"

void effect_drifts_clear(struct effect_drifts *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->items[i].key);
		free(d->items[i].applied);
		free(d->items[i].now);
		free(d->items[i].unknown);
	}
	free(d->items);
	*d = (struct effect_drifts){0};
}

/* Who asks, and what was looked at already. */
struct look {
	const struct history *h;
	const struct drift_wanted *wanted;
	const struct facts *facts;
	struct map met; /* subjects, as text */
	struct effect_drifts *ret;
};

static bool stands(const struct look *l, const struct transaction_summary *t,
		   const struct effect *e)
{
	if (effect_is_deed(e) || e->along || !e->subject.key)
		return false;
	if (l->wanted->is && e->control && !l->wanted->is(l->wanted->data, e->control))
		return false;
	return history_stands(l->h, l->h->count, t, e->control, NULL);
}

/* Whether it is the first time; a later apply has the say. */
static bool is_first(struct look *l, struct subject subject)
{
	CLEANUP(freep) char *text = subject_print(subject);

	if (map_get(&l->met, text))
		return false;
	map_put(&l->met, text, l);
	return true;
}

static struct effect_drift *add(struct look *l, const struct transaction_summary *t,
				const struct effect *e, const char *key)
{
	struct effect_drift *d = array_append(&l->ret->items, &l->ret->count, sizeof(*d));

	d->effect = e;
	d->of = t;
	d->key = xstrdup(key);
	d->subject = subject_of(e->subject.scheme, d->key);
	return d;
}

static void look_at_whole(struct look *l, const struct transaction_summary *t,
			  const struct effect *e)
{
	enum in_force is = effect_in_force(l->facts, e);
	char *unknown = is == IN_FORCE_UNKNOWN ? effect_not_told(l->facts, e) : NULL;
	struct effect_drift *d;

	if (!is_first(l, e->subject) || e->pending || (is != IN_FORCE_NO && !unknown)) {
		free(unknown);
		return;
	}
	d = add(l, t, e, e->subject.key);
	d->applied = xstrdup_null(e->after);
	d->unknown = unknown;
	d->now = is == IN_FORCE_NO ? effect_now(l->facts, e) : NULL;
}

/* An object of dockerd's: what others have in it is theirs. */
static bool is_object(const struct effect *e)
{
	const struct daemon_key *k =
		e->subject.scheme == SCHEME_DOCKER ? daemon_key_find(e->subject.key) : NULL;

	return k && strcmp(k->type, "object") == 0;
}

/* "/max-size" of "/log-opts/max-size", where that is what the edit was about; NULL. */
static const char *member_of(const struct effect *e, const struct edit_ref *ref)
{
	CLEANUP(freep) char *object = xasprintf("/%s", e->subject.key);
	const char *rest = ref->subject.scheme == SCHEME_JSON && ref->subject.key
				   ? skip_prefix(ref->subject.key, object)
				   : NULL;

	return rest && *rest == '/' ? rest : NULL;
}

static void look_at_member(struct look *l, const struct transaction_summary *t,
			   const struct effect *e, const struct edit_ref *ref)
{
	const struct edit *edit = plan_last_edit(&t->plan, ref->path, ref->subject);
	const char *rest = member_of(e, ref);
	CLEANUP(freep) char *key = rest ? xasprintf("%s%s", e->subject.key, rest) : NULL;
	CLEANUP(freep) char *object = effect_now(l->facts, e), *now = NULL;
	CLEANUP(buf_clear) struct buf text = {0};
	struct effect_drift *d;

	if (!edit || !rest || !is_first(l, subject_of(SCHEME_DOCKER, key)) || e->pending)
		return;
	buf_puts(&text, object ? object : "{}");
	if (format_get(&text, subject_of(SCHEME_JSON, rest), &now, NULL) < 0 ||
	    image_value_same(ref->subject, now, edit->after))
		return;
	d = add(l, t, e, key);
	d->applied = xstrdup_null(edit->after);
	d->now = TAKE_PTR(now);
}

/* Of an object the members that the apply set; what it shall be as a whole was so at that time alone. */
static void look_at(struct look *l, const struct transaction_summary *t, const struct effect *e)
{
	if (!is_object(e) || effect_in_force(l->facts, e) != IN_FORCE_NO) {
		look_at_whole(l, t, e);
		return;
	}
	for (size_t i = 0; i < e->nbrings; i++)
		look_at_member(l, t, e, &e->brings[i]);
}

static void look_at_apply(struct look *l, const struct transaction_summary *t)
{
	for (size_t i = t->plan.nstages; i > 0; i--) {
		const struct effects *all = &t->plan.stages[i - 1].effects;

		for (size_t k = all->count; k > 0; k--)
			if (stands(l, t, &all->items[k - 1]))
				look_at(l, t, &all->items[k - 1]);
	}
}

void drift_of_effects(const struct history *h, const struct drift_wanted *wanted,
		      const struct facts *facts, struct effect_drifts *ret)
{
	struct look l = {.h = h, .wanted = wanted, .facts = facts, .ret = ret};

	for (size_t i = h->count; i > 0 && !facts->offline; i--)
		if (transaction_is_in_force(&h->items[i - 1]))
			look_at_apply(&l, &h->items[i - 1]);
	map_clear(&l.met, NULL);
}

static unsigned part_of(const struct effect *e)
{
	return e->subject.scheme == SCHEME_CHAIN   ? FACTS_FIREWALL
	       : e->subject.scheme == SCHEME_STATE ? FACTS_UNIT_STATES
						   : 0;
}

/* Of all effects that stand and are asked for: the parts of the facts; whether there is one goes to ret_any. */
static unsigned needs_of(const struct history *h, const struct drift_wanted *wanted, bool *ret_any)
{
	const struct look l = {.h = h, .wanted = wanted};
	unsigned needs = 0;

	*ret_any = false;
	for (size_t i = 0; i < h->count; i++) {
		const struct plan *p = &h->items[i].plan;
		bool in_force = transaction_is_in_force(&h->items[i]);

		for (size_t n = 0; in_force && n < p->nstages; n++)
			for (size_t k = 0; k < p->stages[n].effects.count; k++) {
				const struct effect *e = &p->stages[n].effects.items[k];

				if (!stands(&l, &h->items[i], e))
					continue;
				*ret_any = true;
				needs |= part_of(e);
			}
	}
	return needs;
}

bool drift_of_effects_any(const struct history *h, const struct drift_wanted *wanted)
{
	bool any;

	needs_of(h, wanted, &any);
	return any;
}

unsigned drift_of_effects_needs(const struct history *h, const struct drift_wanted *wanted)
{
	bool any;

	return needs_of(h, wanted, &any);
}
