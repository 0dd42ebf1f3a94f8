/* Which transactions undid which others, from one to the apply at the end. */

#include <string.h>

#include "rollback/history.h"

const struct transaction_summary *history_by_id(const struct history *h, const char *id)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->items[i].id, id) == 0)
			return &h->items[i];
	return NULL;
}

/* The one that this one undid; NULL when it was pruned. */
static const struct transaction_summary *undone_by_it(const struct history *h,
						      const struct transaction_summary *t)
{
	if (!t->linked)
		return history_by_id(h, t->of);
	return t->of_at && t->of_at <= h->count ? &h->items[t->of_at - 1] : NULL;
}

const struct transaction_summary *history_root(const struct history *h,
					       const struct transaction_summary *t)
{
	while (t && t->of)
		t = undone_by_it(h, t);
	return t;
}

bool history_still_so(const struct history *h, const struct transaction_summary *t,
		      const char *control)
{
	const struct transaction_summary *root = history_root(h, t), *of = t;
	bool brings = true;

	for (; root && of != root; brings = !brings)
		of = undone_by_it(h, of);
	return history_stands(h, h->count, t, control, NULL) &&
	       (!root || history_stands(h, h->count, root, control, NULL) == brings);
}
