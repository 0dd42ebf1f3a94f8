/*
 * Who undid whom: found once a history, so that whether a transaction stands is no search through all
 * of them.
 */

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "rollback/history.h"

/* Of a damaged one salvage() has left `of` only where it was kept. */
static bool was_kept(const struct transaction_summary *t)
{
	return t->state == TRANSACTION_COMMITTED || (t->state == TRANSACTION_DAMAGED && t->decided);
}

/* By places, where history_link() has found them; else all that come before `upto` are asked. */
static size_t undoing_count(const struct transaction_summary *t, size_t upto)
{
	return t->linked ? t->nundone_by : upto;
}

static size_t undoing_at(const struct transaction_summary *t, size_t i)
{
	return t->linked ? t->undone_by[i] : i;
}

/* Whether it takes the control's part in `t` back; `control` NULL: the whole. */
static bool undoes(const struct transaction_summary *r, const struct transaction_summary *t,
		   const char *control)
{
	return r->of && was_kept(r) && strcmp(r->of, t->id) == 0 &&
	       (!r->only || (control && strcmp(r->only, control) == 0));
}

bool history_stands(const struct history *h, size_t upto, const struct transaction_summary *t,
		    const char *control, const struct undoing *more)
{
	if (more && strcmp(more->of, t->id) == 0 &&
	    (!more->controls || (control && strv_contains(more->controls, control))))
		return false;
	for (size_t i = 0; i < undoing_count(t, upto); i++) {
		size_t at = undoing_at(t, i);

		if (at < upto && undoes(&h->items[at], t, control) &&
		    history_stands(h, upto, &h->items[at], control, more))
			return false;
	}
	return true;
}

/* Whether nothing of it stands: undone as a whole, or every control of it by itself. */
static bool is_undone(const struct history *h, const struct transaction_summary *t)
{
	size_t parts = 0;

	if (!history_stands(h, h->count, t, NULL, NULL))
		return true;
	for (size_t i = 0; i < t->plan.nfindings && t->nundone_by; i++) {
		const struct finding *f = &t->plan.findings[i];

		if (f->state != FINDING_PLANNED)
			continue;
		if (history_stands(h, h->count, t, f->control, NULL))
			return false;
		parts++;
	}
	return parts > 0;
}

/* Which transactions are undone that were kept, if only in part, and by which the last part was. */
static void mark_rolled_back(const struct history *h, struct transaction_summary *t)
{
	if (!(was_kept(t) || transaction_is_half_back(t)) || !is_undone(h, t))
		return;
	for (size_t i = t->nundone_by; i-- > 0;) {
		const struct transaction_summary *r = &h->items[t->undone_by[i]];

		if (!history_stands(h, h->count, r, NULL, NULL))
			continue;
		str_replace(&t->rolled_back_by, r->id);
		return;
	}
}

void history_link(const struct history *h)
{
	struct map places = {0}; /* id -> its place, from 1 */

	for (size_t i = 0; i < h->count; i++)
		map_put(&places, h->items[i].id, (void *)(i + 1));
	for (size_t i = 0; i < h->count; i++) {
		struct transaction_summary *r = &h->items[i], *t;

		r->linked = true;
		r->of_at = r->of ? (size_t)map_get(&places, r->of) : 0;
		if (r->of_at == 0 || !was_kept(r))
			continue;
		t = &h->items[r->of_at - 1];
		*(size_t *)array_append(&t->undone_by, &t->nundone_by, sizeof(size_t)) = i;
	}
	map_clear(&places, NULL);
	for (size_t i = 0; i < h->count; i++)
		mark_rolled_back(h, &h->items[i]);
}
