#include "cli/status-part.h"

void part_undone(const struct history *h, const struct transaction_summary *t, struct strv *ret)
{
	for (size_t i = 0; i < t->plan.nfindings; i++) {
		const struct finding *f = &t->plan.findings[i];

		if (f->state == FINDING_PLANNED &&
		    !history_stands(h, h->count, t, f->control, NULL))
			strv_add(ret, f->control);
	}
}
