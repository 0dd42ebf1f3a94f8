#include "rollback/history.h"

/* What one that was kept has in force still; the same control may be so by another, too. */
static void add_standing(const struct history *h, const struct transaction_summary *t,
			 struct strv *controls)
{
	if (t->state != TRANSACTION_COMMITTED || t->of || t->rolled_back_by)
		return;
	for (size_t i = 0; i < t->plan.nfindings; i++) {
		const struct finding *f = &t->plan.findings[i];

		if (f->state == FINDING_PLANNED && !strv_contains(controls, f->control) &&
		    history_stands(h, h->count, t, f->control, NULL))
			strv_add(controls, f->control);
	}
}

/* The newest first: most controls are in force by one of the last applies. */
int history_controls(const struct state *s, struct strv *ret, struct error *err)
{
	CLEANUP(history_clear) struct history h = {0};
	int r = history_list(s, &h.items, &h.count, err);

	for (size_t i = h.count; i-- > 0;)
		add_standing(&h, &h.items[i], ret);
	return r;
}
