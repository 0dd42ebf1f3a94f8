#include "rollback/announce.h"

void announce(struct effector *e, enum announced what, const char *id, const char *kind,
	      const char *of, const struct plan *plan)
{
	const struct announcement a = {
		.what = what, .id = id, .kind = kind, .of = of, .plan = plan};

	if (e->ops->announce)
		e->ops->announce(e, &a);
}

void announce_records(struct effector *e, enum announced what, const char *id,
		      const struct records *records)
{
	CLEANUP(transaction_head_clear) struct transaction_head head = {0};
	CLEANUP(plan_clear) struct plan plan = {0};

	if (!e->ops->announce)
		return;
	transaction_head_parse(&head, records->items[0].payload, NULL);
	transaction_plan(records, id, &plan, NULL);
	announce(e, what, id, head.kind, head.of, &plan);
}
