#include "engine/base/alloc.h"
#include "engine/model/unit-states.h"
#include "rollback/executor-impl.h"

#define SYSTEMD_RELOAD HANDLER_BIT(HANDLER_SYSTEMD_RELOAD)

/* A walk through a restart borrows on its way, and gives back behind it; else nothing is borrowed. */
static void mark_borrowing(struct executor *x)
{
	unsigned restarts = 0;

	for (size_t k = 0; k < x->mover.plan->nstages; k++)
		restarts |= x->begun[k] ? x->mover.plan->stages[k].down & HANDLERS_RESTART : 0;
	for (size_t k = 0; k < x->mover.plan->nstages && restarts; k++)
		if (x->mover.plan->stages[k].borrow != BORROW_NONE)
			x->begun[k] = ~0U;
}

/*
 * After a boot in the middle no handler has run, but dockerd may have been started since, on files
 * that were not put back yet: a stage is to be undone where it has another value than before.
 */
bool executor_mark_in_force(struct executor *x)
{
	const struct effector_ops *ops = x->effector->ops;
	bool any = false;

	for (size_t k = 0; k < x->mover.plan->nstages; k++) {
		const struct stage *stage = &x->mover.plan->stages[k];

		x->begun[k] = 0;
		for (int h = 0; h < HANDLER_COUNT && ops->contradicts && !x->begun[k]; h++) {
			CLEANUP(effects_clear) struct effects effects = {0};

			/* what it took off again is as it was */
			if (!(stage->down & HANDLERS_DOCKERD & HANDLER_BIT(h)) ||
			    stage->borrow == BORROW_RETURN)
				continue;
			effects_towards(stage, (enum handler)h, true, &effects);
			if (ops->contradicts(x->effector, &effects) > 0)
				x->begun[k] = ~0U;
		}
		any |= x->begun[k] != 0;
	}
	mark_borrowing(x);
	return any;
}

/* systemd read the unit files before they were put back. */
static void reload_units(struct executor *x, struct strv *left)
{
	struct error why = {0};

	for (size_t k = 0; k < x->mover.plan->nstages; k++) {
		if (!(x->mover.plan->stages[k].down & SYSTEMD_RELOAD))
			continue;
		if (executor_run_handler(x, &x->mover.plan->stages[k], HANDLER_SYSTEMD_RELOAD, true,
					 &why) < 0)
			strv_add(left, error_text(&why));
		break;
	}
	error_clear(&why);
}

/*
 * Rules, settings and chains that the boot loaded into the kernel from files that are put back since, or
 * did not load since they were not there. Of a value only what is as the plan wanted it is ours; of
 * rules the list says it.
 */
static void find_loaded(const struct executor *x, const struct stage *stage, enum handler handler,
			struct effects *ret)
{
	for (size_t i = 0; i < stage->effects.count; i++) {
		const struct effect *e = &stage->effects.items[i];
		struct effect *added;

		if (e->handler != handler || e->pending ||
		    (handler != HANDLER_AUDIT_RULES && !executor_is_ours(x, e)))
			continue;
		added = array_append(&ret->items, &ret->count, sizeof(*ret->items));
		effect_copy(added, e);
		effect_invert(added);
	}
}

/* What the kernel does not give up goes with the next boot: it is named, and stops nobody. */
static void unload(struct executor *x, const struct stage *stage, enum handler handler)
{
	CLEANUP(effects_clear) struct effects effects = {0};
	struct error why = {0};

	find_loaded(x, stage, handler, &effects);
	executor_spare(x, handler, &effects, NULL);
	if (effects.count > 0 && x->effector->ops->run(x->effector, handler, &effects, &why) < 0)
		strv_addf(&x->mover.notes,
			  "%s failed: %s; what this boot loaded may be in force until the next one",
			  handler_phrase(handler), error_text(&why));
	error_clear(&why);
}

/*
 * systemd has worked out what this boot starts by the links that it found. A unit that is ordered behind
 * recovery cannot be waited for, so it is named.
 */
static void name_toggled(struct executor *x, const struct effect *e)
{
	CLEANUP(freep) char *now = NULL;
	bool ran = unit_is_up(e->before);
	int r = x->effector->ops->value_now(x->effector, e->subject, &now);

	if (r >= 0 && unit_is_up(now) == ran)
		return;
	strv_addf(&x->mover.notes,
		  ran ? "'%s' ran before, and this boot may have come up without it: 'systemctl "
			"start %s' has it run again"
		      : "'%s' did not run before, and this boot may have started it: 'systemctl "
			"stop %s' ends it",
		  e->subject.key, e->subject.key);
}

/* One that runs may have read a file of its own that is put back since; one that is down reads it anew. */
static void name_started(struct executor *x, const struct effect *e)
{
	CLEANUP(freep) char *now = NULL;
	const struct subject state = subject_of(SCHEME_STATE, e->subject.key);
	CLEANUP(freep) char *line = NULL;
	int r = x->effector->ops->value_now(x->effector, state, &now);

	if (r < 0 || !unit_is_up(now))
		return;
	line = xasprintf(
		"'%s' runs, and this boot may have started it with files that are put back "
		"since: its next start reads them as they are",
		e->subject.key);
	strv_add_once(&x->mover.notes, line);
}

static void name_unit(struct executor *x, const struct effect *e)
{
	if (e->pending)
		return;
	if (e->subject.scheme == SCHEME_STATE)
		name_toggled(x, e);
	else if (e->subject.scheme == SCHEME_START || e->subject.scheme == SCHEME_RESTART)
		name_started(x, e);
}

static void name_units(struct executor *x)
{
	for (size_t k = 0; k < x->mover.plan->nstages && x->effector->ops->value_now; k++)
		for (size_t i = 0; i < x->mover.plan->stages[k].effects.count; i++)
			name_unit(x, &x->mover.plan->stages[k].effects.items[i]);
}

void executor_after_boot(struct executor *x, struct strv *left)
{
	static const enum handler kernel[] = {HANDLER_AUDIT_RULES, HANDLER_SYSCTL,
					      HANDLER_FIREWALL};

	reload_units(x, left);
	for (size_t k = x->mover.plan->nstages; k-- > 0;)
		for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
			if (x->mover.plan->stages[k].down & HANDLER_BIT(kernel[i]))
				unload(x, &x->mover.plan->stages[k], kernel[i]);
	name_units(x);
}
