#include <stdlib.h>

#include "engine/base/map.h"
#include "rollback/history.h"

/*
 * What one that was kept has in force still; the same control may be so by another, too. What was found is
 * asked first: whether one stands takes a look at all transactions.
 */
static void add_standing(const struct history *h, const struct transaction_summary *t,
			 struct map *found, struct strv *controls)
{
	if (t->state != TRANSACTION_COMMITTED || t->of || t->rolled_back_by)
		return;
	for (size_t i = 0; i < t->plan.nfindings; i++) {
		struct finding *f = &t->plan.findings[i];

		if (f->state != FINDING_PLANNED || map_get(found, f->control) ||
		    !history_stands(h, h->count, t, f->control, NULL))
			continue;
		map_put(found, f->control, f);
		strv_add(controls, f->control);
	}
}

int history_controls(const struct state *s, struct strv *ret, struct error *err)
{
	CLEANUP(history_clear) struct history h = {0};
	struct map found = {0};
	int r = history_list(s, &h.items, &h.count, err);

	for (size_t i = 0; i < h.count; i++)
		add_standing(&h, &h.items[i], &found, ret);
	map_clear(&found, NULL);
	return r;
}
