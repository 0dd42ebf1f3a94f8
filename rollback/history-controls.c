#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/history.h"

static void forget(struct strv *controls, const char *control)
{
	for (size_t i = controls->count; i > 0; i--)
		if (strcmp(controls->items[i - 1], control) == 0)
			strv_remove(controls, i - 1);
}

/* What one kept transaction did to the list: an apply adds, a rollback of one control takes away. */
static void follow(const struct transaction_summary *t, struct strv *controls)
{
	if (t->state != TRANSACTION_COMMITTED || t->rolled_back_by)
		return;
	if (t->only)
		forget(controls, t->only);
	for (size_t i = 0; !t->of && i < t->plan.nfindings; i++)
		if (t->plan.findings[i].state == FINDING_PLANNED)
			strv_add_once(controls, t->plan.findings[i].control);
}

int history_controls(const struct state *s, struct strv *ret, struct error *err)
{
	struct transaction_summary *all = NULL;
	size_t count = 0;
	int r = history_list(s, &all, &count, err);

	for (size_t i = 0; i < count; i++) {
		follow(&all[i], ret);
		transaction_summary_clear(&all[i]);
	}
	free(all);
	return r;
}
