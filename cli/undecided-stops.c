#include "cli/undecided-stops.h"

#include <string.h>

#include "cli/again.h"
#include "cli/message.h"
#include "cli/undo-acks.h"
#include "engine/base/alloc.h"
#include "engine/facts/gather.h"
#include "engine/model/plan-turn.h"
#include "engine/plan/preflight.h"
#include "rollback/beside-foreign.h"
#include "rollback/held-down.h"

static bool restarts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nstages; i++)
		if (plan->stages[i].down & HANDLERS_RESTART)
			return true;
	return false;
}

/*
 * What the plan writes as dockerd has it comes of nothing that it does. Beside a file of others' nothing is written:
 * their keys come along, those that the plan's images have as well.
 */
static int check_stops(struct plan *plan, bool others, const struct facts *f,
		       const struct strv *ack, struct error *err)
{
	struct change *config = others ? plan_find_change(plan, f->docker.config_file) : NULL;
	size_t images = 0;
	int r;

	if (config) {
		images = config->nimages;
		config->nimages = 1;
	}
	plan_turn(plan);
	r = plan_check_stops(plan, f, ack, err);
	plan_turn(plan);
	if (config)
		config->nimages = images;
	return r;
}

/* Leaves in the plan what is to be told: whom it stops now, what is consented to, and what is asked for. */
static int look(struct plan *plan, const struct root *root, const struct facts *f,
		const struct strv *ack, struct error *err)
{
	CLEANUP(stopped_clear) struct stopped_list now = {0};
	bool others = config_is_others(plan, root, f);

	/* who came since is stopped as well; where dockerd does not tell, it is those that the apply has named */
	if (way_back_stops(plan, others, f, &now))
		stopped_copy(&plan->stopped, &now);
	checks_clear(&plan->checks);
	strv_clear(&plan->consented);
	if (others && !beside_brings_any(plan, f, HANDLERS_RESTART)) {
		stopped_clear(&plan->stopped);
		return 0;
	}
	return check_stops(plan, others, f, ack, err);
}

int undecided_check_stops(struct context *c, struct transaction_summary *t)
{
	CLEANUP(error_clear) struct error err = {0};
	int code = undo_acks(c, t);

	if (code != CODE_OK || c->root.offline || !restarts(&t->plan))
		return code;
	context_facts_of(c, 0); /* where they cannot be had, those that the apply has named count */
	return look(&t->plan, &c->root, &c->facts, &c->ack, &err) < 0 ? fail(CODE_REFUSED, &err)
								      : CODE_OK;
}

bool undecided_leaves_out(const struct context *c, const struct plan *plan)
{
	return !c->root.offline && restarts(plan) && beside_is_left_out(plan, &c->root, &c->facts);
}

bool undecided_stops_are_known(const struct context *c)
{
	struct containers all;

	return containers_get(&c->facts.docker.containers, &all);
}

int undecided_check_again(struct context *c, const struct transaction_summary *t,
			  struct transaction_summary *now)
{
	int code = undecided_check_stops(c, now);
	size_t said;

	if (code != CODE_OK)
		return code;
	said = again_compare_restart(&t->plan, &now->plan);
	said += again_compare_consent(&t->plan, &now->plan);
	if (said == 0)
		return CODE_OK;
	message("nothing was changed: roll back again, and look at what is new");
	return CODE_REFUSED;
}

/* The plan is as it was thereafter. */
static int look_only(struct plan *plan, const struct root *root, const struct facts *f,
		     struct strv *ret_asked)
{
	const struct plan before = *plan;
	int r;

	plan->stopped = (struct stopped_list){0};
	stopped_copy(&plan->stopped, &before.stopped);
	plan->checks = (struct plan_checks){0};
	plan->asked = plan->consented = (struct strv){0};
	r = look(plan, root, f, NULL, NULL);
	strv_copy(ret_asked, &plan->asked);
	stopped_clear(&plan->stopped);
	checks_clear(&plan->checks);
	strv_clear(&plan->asked);
	strv_clear(&plan->consented);
	plan->stopped = before.stopped;
	plan->checks = before.checks;
	plan->asked = before.asked;
	plan->consented = before.consented;
	return r;
}

char *undecided_stops_consent(const struct context *c, struct plan *plan)
{
	CLEANUP(strv_clear) struct strv asked = {0};
	CLEANUP(facts_clear) struct facts facts = {0};

	if (c->root.offline || !restarts(plan) ||
	    facts_gather(&facts, &c->root, context_witness(c), 0, NULL) < 0 ||
	    look_only(plan, &c->root, &facts, &asked) >= 0 || asked.count == 0)
		return NULL;
	return strv_join(&asked, " --ack ");
}
