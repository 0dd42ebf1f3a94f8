/* Which handlers of a run may have done something, and which have not. */

#include <jansson.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "rollback/executor-impl.h"

/* One that this version does not know may be any. */
static unsigned begun_by(const json_t *effect)
{
	const char *name = json_string_value(json_object_get(effect, "handler"));
	int handler = name ? handler_from_string(name) : -1;

	return handler < 0 ? ~0U : HANDLER_BIT(handler);
}

void executor_mark_begun(struct executor *x, const struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		CLEANUP(json_decrefp) json_t *j = NULL;
		enum record_type type = records->items[i].type;
		json_int_t stage;

		if (type != RECORD_EFFECT_BEGIN && type != RECORD_EFFECT_UNDONE)
			continue;
		j = json_loads(records->items[i].payload, 0, NULL);
		stage = json_integer_value(json_object_get(j, "stage"));
		if (stage < 0 || (size_t)stage >= x->mover.plan->nstages)
			continue;
		if (type == RECORD_EFFECT_UNDONE)
			x->begun[stage] = 0;
		else
			x->begun[stage] |= begun_by(j);
	}
}

/*
 * One that did not begin has changed nothing, and is not made to, but where others have had dockerd
 * read the files meanwhile.
 */
bool executor_is_untouched(const struct executor *x, size_t k, enum handler handler)
{
	const struct stage *stage = &x->mover.plan->stages[k];
	const struct effector_ops *ops = x->effector->ops;
	CLEANUP(effects_clear) struct effects effects = {0};

	if (!(stage->up & HANDLER_BIT(handler)) || x->begun[k] & HANDLER_BIT(handler))
		return false;
	effects_towards(stage, handler, true, &effects);
	return !(HANDLER_BIT(handler) & HANDLERS_DOCKERD && ops->contradicts &&
		 ops->contradicts(x->effector, &effects) > 0);
}
