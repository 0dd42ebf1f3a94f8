#include "cli/undecided-stops.h"

#include <string.h>

#include "cli/message.h"
#include "cli/undo-acks.h"
#include "engine/base/alloc.h"
#include "engine/facts/gather.h"
#include "engine/model/plan-turn.h"
#include "engine/plan/preflight.h"
#include "rollback/held-down.h"

static bool restarts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nstages; i++)
		if (plan->stages[i].down & HANDLERS_RESTART)
			return true;
	return false;
}

bool undecided_stops_find(const struct context *c, const struct plan *plan,
			  struct stopped_list *ret)
{
	return way_back_stops(plan, &c->facts, ret);
}

/* The plan is as it was thereafter. */
static int look(struct plan *plan, const struct facts *f, const struct strv *ack,
		struct strv *ret_asked, struct error *err)
{
	CLEANUP(stopped_clear) struct stopped_list now = {0};
	const struct stopped_list named = plan->stopped;
	const struct plan_checks checks = plan->checks;
	int r;

	/* who came since is stopped as well; where dockerd does not tell, it is those that the apply has named */
	plan->stopped = way_back_stops(plan, f, &now) ? now : named;
	plan->checks = (struct plan_checks){0};
	plan_turn(plan);
	r = plan_check_stops(plan, f, ack, err);
	plan_turn(plan);
	if (ret_asked)
		strv_copy(ret_asked, &plan->asked);
	strv_clear(&plan->asked);
	strv_clear(&plan->consented);
	checks_clear(&plan->checks);
	plan->checks = checks;
	plan->stopped = named;
	return r;
}

int undecided_check_stops(struct context *c, struct transaction_summary *t)
{
	CLEANUP(error_clear) struct error err = {0};
	int code = undo_acks(c, t);

	if (code != CODE_OK || c->root.offline || !restarts(&t->plan))
		return code;
	context_facts_of(c, 0); /* where they cannot be had, those that the apply has named count */
	return look(&t->plan, &c->facts, &c->ack, NULL, &err) < 0 ? fail(CODE_REFUSED, &err)
								  : CODE_OK;
}

char *undecided_stops_consent(const struct context *c, struct plan *plan)
{
	CLEANUP(strv_clear) struct strv asked = {0};
	CLEANUP(facts_clear) struct facts facts = {0};

	if (c->root.offline || !restarts(plan) ||
	    facts_gather(&facts, &c->root, context_witness(c), 0, NULL) < 0 ||
	    look(plan, &facts, NULL, &asked, NULL) >= 0 || asked.count == 0)
		return NULL;
	return strv_join(&asked, " --ack ");
}
