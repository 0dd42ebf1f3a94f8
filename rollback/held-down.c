#include "rollback/held-down.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/plan/restart-holds.h"
#include "rollback/executor-impl.h"
#include "rollback/in-force.h"

/* Those that dockerd knows; of one that is down the disk tells. False: whether one runs is not known. */
static bool running_names(const struct facts *f, struct strv *ret)
{
	struct containers all = containers_on_disk(&f->docker.containers);
	bool known = containers_get(&f->docker.containers, &all) || docker_is_stopped(f);

	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running || !all.items[i].state)
			strv_add(ret, container_label(&all.items[i]));
	return known;
}

/* Whether the way back of the effect has dockerd look elsewhere for its containers. */
static bool moves_back(const struct effect *e, const struct facts *now)
{
	CLEANUP(effect_clear) struct effect back = {0};

	if (!(HANDLER_BIT(e->handler) & HANDLERS_RESTART) || e->subject.scheme != SCHEME_DOCKER ||
	    !daemon_key_moves(e->subject.key, e->after, e->before, now->docker.image_store))
		return false;
	effect_copy(&back, e);
	effect_invert(&back);
	return effect_in_force(now, &back) != IN_FORCE_YES;
}

/* The first key that does so; NULL: none does. */
static const char *key_that_moves(const struct executor *x, const struct facts *now)
{
	for (size_t k = 0; k < x->mover.plan->nstages; k++) {
		const struct effects *effects = &x->mover.plan->stages[k].effects;

		for (size_t i = 0; (x->begun[k] & HANDLERS_RESTART) && i < effects->count; i++)
			if (moves_back(&effects->items[i], now))
				return effects->items[i].subject.key;
	}
	return NULL;
}

static char *held_by_containers(const struct executor *x, const struct facts *now)
{
	const char *key = key_that_moves(x, now);
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;
	bool known;

	if (!key)
		return NULL;
	known = running_names(now, &names);
	list = strv_join(&names, ", ");
	if (names.count > 0)
		return xasprintf("containers run that dockerd would not know any more once %s is "
				 "put back: %s; all stays as applied until they are stopped, and "
				 "'harden recover' goes on then",
				 key, list);
	return known ? NULL
		     : xasprintf("whether a container runs is not known, and dockerd would not "
				 "know it any more once %s is put back: all stays as applied until "
				 "dockerd answers, and 'harden recover' goes on then",
				 key);
}

/* dockerd does not start with live-restore on a node of a swarm. */
static char *held_by_swarm(const struct executor *x, const struct facts *now)
{
	const char *swarm = now->docker.swarm;
	bool restarts = false;

	for (size_t k = 0; k < x->mover.plan->nstages; k++)
		restarts |= (x->begun[k] & HANDLERS_RESTART) != 0;
	if (!x->mover.plan->borrows || !restarts || !swarm || strcmp(swarm, "inactive") == 0)
		return NULL;
	return xstrdup(
		"this host is in a swarm by now, and dockerd does not start there with "
		"live-restore, which the restart on the way back would borrow: all stays as "
		"applied; 'harden recover' goes on once it has left the swarm ('docker swarm "
		"leave'), and 'harden recover --set-aside' keeps what is applied");
}

/* Of what is begun, and not undone, those handlers that were made to the end: what they read is in force. */
static unsigned ended(const struct executor *x, const struct records *records)
{
	unsigned begun = 0, ended = 0;

	for (size_t k = 0; k < x->mover.plan->nstages; k++)
		begun |= x->begun[k];
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].type == RECORD_EFFECT_END)
			ended |= executor_handler_of(&records->items[i]);
	return begun & ended;
}

/* Of a control that was planned although this speaks against it, or of the whole rollback. */
static bool is_consented(const struct plan *plan, const struct objection *o)
{
	for (size_t i = 0; i < plan->nfindings; i++)
		if (plan->findings[i].state == FINDING_PLANNED &&
		    strv_contains(&plan->findings[i].holds, o->text))
			return true;
	return strv_contains(&plan->asked, o->text);
}

/* What our handlers would bring or end that is others', where it came since. */
static bool came_since(const struct plan *plan, const struct objection *o)
{
	static const char *const kinds[] = {"moved", "restart-brings", "reload-brings", "waiting"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(o->kind, kinds[i]) == 0)
			return !is_consented(plan, o);
	return false;
}

/*
 * Only where all that the run changed is in force: else dockerd's next start, as the facts have it, differs
 * by what is ours, too.
 */
static char *held_by_others(const struct executor *x, const struct records *records,
			    const struct facts *now)
{
	const struct plan *plan = x->mover.plan;
	unsigned handlers = ended(x, records) & HANDLERS_DOCKERD;
	CLEANUP(objections_clear) struct objections found = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) char *all = NULL;

	if (!handlers || (plan_handlers(plan) & HANDLERS_RESTART & ~handlers))
		return NULL;
	plan_objections(plan, now, &found);
	for (size_t i = 0; i < found.count; i++)
		if (found.items[i].handlers & handlers && came_since(plan, &found.items[i]))
			strv_add(&lines, found.items[i].text);
	all = strv_join(&lines, "; ");
	return lines.count ? xasprintf("what the way back would bring about beside it came since, "
				       "and nobody consented to it: %s; all stays as applied until "
				       "that is seen to, and 'harden recover' goes on then",
				       all)
			   : NULL;
}

char *held_down(const struct executor *x, const struct records *records)
{
	const struct effector *e = x->effector;
	CLEANUP(facts_clear) struct facts now = {0};
	char *why;

	if (!(plan_handlers(x->mover.plan) & HANDLERS_RESTART) || !e->look ||
	    e->look(e->look_data, &now, NULL) < 0 || now.offline)
		return NULL;
	why = held_by_swarm(x, &now);
	if (!why)
		why = held_by_containers(x, &now);
	return why || !records ? why : held_by_others(x, records, &now);
}
