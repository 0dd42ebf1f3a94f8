#include "rollback/summary.h"

#include <stdlib.h>

ENUM_TABLE(
	transaction_state, enum transaction_state,
	TRANSACTION_STATE_COUNT, [TRANSACTION_OPEN] = "open", [TRANSACTION_PREPARED] = "prepared",
	[TRANSACTION_APPLIED] = "applied", [TRANSACTION_WAITING] = "waiting",
	[TRANSACTION_COMMITTED] = "committed", [TRANSACTION_UNDOING] = "undoing",
	[TRANSACTION_ROLLED_BACK] = "rolled_back", [TRANSACTION_IN_DOUBT] = "in_doubt",
	[TRANSACTION_STUCK] = "stuck", [TRANSACTION_DAMAGED] = "damaged");

/* What known.c may have lent. */
static void clear_own(struct transaction_summary *t)
{
	free(t->id);
	free(t->kind);
	free(t->of);
	free(t->only);
	free(t->bisect);
	free(t->boot_id);
	free(t->started_with);
	free(t->note);
	free(t->out_of_service);
	gaps_clear(&t->gaps);
	actor_clear(&t->by);
	actor_clear(&t->decided_by);
	plan_clear(&t->plan);
}

void transaction_summary_clear(struct transaction_summary *t)
{
	free(t->rolled_back_by);
	free(t->undone_by);
	if (!t->lent)
		clear_own(t);
	*t = (struct transaction_summary){0};
}
