#include "rollback/foreseen.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/model/plan-turn.h"
#include "engine/plan/restart-holds.h"

static bool restarts(const struct executor *x)
{
	for (size_t k = 0; k < x->mover.plan->nstages; k++)
		if (x->begun[k] && x->mover.plan->stages[k].down & HANDLERS_RESTART)
			return true;
	return false;
}

static bool moves(const struct effect *e)
{
	const struct daemon_key *key =
		e->subject.scheme == SCHEME_DOCKER ? daemon_key_find(e->subject.key) : NULL;

	return key && (key->hides != SIGHT_KEPT || strcmp(key->key, "features") == 0);
}

/* Whether it is worth while to look at the host. */
static bool may_matter(const struct plan *plan, const struct stopped_list *may_stop)
{
	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++)
			if (moves(&plan->stages[k].effects.items[i]))
				return true;
	return may_stop->count > 0;
}

/* One that is gone by now, or down, is not stopped once more. Of a dockerd that does not tell all count. */
static bool may_run(const struct facts *now, const char *name)
{
	struct containers all;

	if (!containers_get(&now->docker.containers, &all))
		return true;
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(container_label(&all.items[i]), name) == 0)
			return all.items[i].running || !container_told(&all.items[i]);
	return false;
}

/* With those of the list that it still is about; the plan is as it was thereafter. */
static void object(struct plan *plan, const struct stopped_list *may_stop, const struct facts *now,
		   struct objections *ret)
{
	const struct stopped_list before = plan->stopped, named = *may_stop; /* borrowed */
	char *undoes = plan->undoes;
	struct stopped_list still = {.items = xcalloc(named.count, sizeof(*still.items)),
				     .not_borrowed = named.not_borrowed};

	for (size_t i = 0; i < named.count; i++)
		if (may_run(now, named.items[i].name))
			still.items[still.count++] = named.items[i];
	plan->stopped = still;
	plan->undoes = NULL; /* no advice is worth anything any more */
	plan_turn(plan);
	plan_objections(plan, now, ret);
	plan_turn(plan);
	plan->undoes = undoes;
	plan->stopped = before;
	free(still.items);
}

void foreseen(struct executor *x, struct strv *ret)
{
	static const char *const kinds[] = {"stopping", "hidden", "hidden-running",
					    "restart-brings"};
	const struct effector *by = x->effector;
	struct plan *plan = x->mover.plan;
	const struct stopped_list *may_stop = by->consented ? by->consented : &plan->stopped;
	CLEANUP(objections_clear) struct objections found = {0};
	CLEANUP(facts_clear) struct facts now = {0};

	if (!restarts(x) || !may_matter(plan, may_stop) || !by->look ||
	    by->look(by->look_data, &now, NULL) < 0)
		return;
	object(plan, may_stop, &now, &found);
	for (size_t i = 0; i < found.count; i++)
		if (is_among(found.items[i].kind, kinds, ARRAY_SIZE(kinds)))
			strv_addf(ret, "on the way back: %s", found.items[i].text);
}
