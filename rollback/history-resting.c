/* Which later transaction rests on what an earlier one left in place. */

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/history.h"

/*
 * Of one control: a later apply finds units, links and files of the earlier one in place, and brings
 * only what is lacking. A value that it wrote by itself needs nobody.
 */
static bool rests_on(const struct effect *later, const struct effect *was)
{
	bool same = subject_equal(later->subject, was->subject);

	switch (later->subject.scheme) {
	case SCHEME_STATE:
	case SCHEME_CHAIN:
		return same;
	case SCHEME_SYSCTL:
	case SCHEME_RULE:
		return same && later->nbrings == 0;
	case SCHEME_UNIT:
	case SCHEME_RESTART:
		return was->subject.scheme == SCHEME_STATE &&
		       strcmp(later->subject.key, was->subject.key) == 0;
	default:
		return false;
	}
}

static bool one_rests_on(const struct plan *later, const struct effect *was)
{
	for (size_t k = 0; k < later->nstages; k++)
		for (size_t i = 0; i < later->stages[k].effects.count; i++) {
			const struct effect *e = &later->stages[k].effects.items[i];

			if (strcmp_null(e->control, was->control) == 0 && rests_on(e, was))
				return true;
		}
	return false;
}

/* A file of a unit, or of the packet filter, written anew for what runs still. */
static bool edits_rest_on(const struct plan *later, const struct plan *was, const char *control)
{
	for (size_t i = 0; i < was->nchanges; i++) {
		const struct change *c = plan_find_change(later, was->changes[i].path);

		for (size_t k = 0; k < was->changes[i].edits.count; k++) {
			const struct edit *e = &was->changes[i].edits.items[k];

			if (c && strcmp_null(e->control, control) == 0 &&
			    edits_have(&c->edits, e->control, e->subject))
				return true;
		}
	}
	return false;
}

static bool control_rests_on(const struct plan *later, const struct plan *was, const char *control)
{
	for (size_t k = 0; k < was->nstages; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++) {
			const struct effect *e = &was->stages[k].effects.items[i];

			if (strcmp_null(e->control, control) != 0)
				continue;
			if (one_rests_on(later, e))
				return true;
			if ((e->subject.scheme == SCHEME_STATE ||
			     e->subject.scheme == SCHEME_CHAIN) &&
			    edits_rest_on(later, was, control))
				return true;
		}
	return false;
}

const struct transaction_summary *history_resting(const struct history *h,
						  const struct transaction_summary *t,
						  const char *control, const struct undoing *more)
{
	for (size_t i = h->count; control && i-- > 0 && &h->items[i] > t;) {
		const struct transaction_summary *later = &h->items[i];

		if (!later->of && history_counts(h, later) &&
		    control_rests_on(&later->plan, &t->plan, control) &&
		    history_stands(h, h->count, later, control, more))
			return later;
	}
	return NULL;
}
