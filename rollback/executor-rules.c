/* Audit rules on the way down: what a rule file of others has by now stays loaded, as for a planned rollback. */

#include "engine/base/alloc.h"
#include "rollback/executor-impl.h"
#include "rollback/rule-files.h"

/*
 * Where the run wrote no line for the rule, a file had it before, and the kernel had it not: so it is again, but
 * where a boot has loaded it from there.
 */
static bool may_stay(const struct executor *x, const struct effect *e)
{
	return !e->after && !e->pending && (e->nbrings || x->mover.other_boot);
}

static bool stays(struct executor *x, const struct effect *e)
{
	const struct rule_files files = {.root = x->mover.root,
					 .plan = x->mover.plan,
					 .back = true,
					 .as_now = &x->mover.foreign_paths};
	CLEANUP(freep)
	char *why = may_stay(x, e) ? rule_files_want(&files, e->subject.key) : NULL;

	if (why)
		strv_addf(&x->mover.notes, "the audit rule '%s' stays loaded: %s", e->subject.key,
			  why);
	return why != NULL;
}

void executor_spare_rules(struct executor *x, struct effects *effects)
{
	struct effects all = *effects;

	if (!x->effector->ops->value_now)
		return; /* of an image, whose kernel is not here */
	*effects = (struct effects){0};
	for (size_t i = 0; i < all.count; i++)
		if (!stays(x, &all.items[i]))
			effect_copy(array_append(&effects->items, &effects->count,
						 sizeof(*effects->items)),
				    &all.items[i]);
	effects_clear(&all);
}
