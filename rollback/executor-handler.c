#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "rollback/executor-impl.h"

/* One handler of a stage, in either direction. */

/* live-restore, which no control of the plan has: the handler confirms it like any other. */
static void add_borrowed(const struct stage *stage, bool down, struct effects *ret)
{
	bool on = (stage->borrow == BORROW_TAKE) != down;

	if (stage->borrow != BORROW_NONE)
		effects_add(ret, NULL, HANDLER_DOCKER_RELOAD,
			    subject_of(SCHEME_DOCKER, "live-restore"), on ? "false" : "true",
			    on ? "true" : "false");
}

void effects_towards(const struct stage *stage, enum handler handler, bool down,
		     struct effects *ret)
{
	for (size_t i = 0; i < stage->effects.count; i++) {
		struct effect *e;

		if (stage->effects.items[i].handler != handler)
			continue;
		e = array_append(&ret->items, &ret->count, sizeof(*e));
		effect_copy(e, &stage->effects.items[i]);
		if (down)
			effect_invert(e);
	}
	if (handler == HANDLER_DOCKER_RELOAD)
		add_borrowed(stage, down, ret);
}

int executor_run_effects(struct executor *x, enum handler handler, const struct effects *effects,
			 struct error *err)
{
	double since = clock_ms();
	int r = x->effector->ops->run(x->effector, handler, effects, err);

	if (x->phase)
		x->phase(x->data, handler_phrase(handler), clock_ms() - since);
	if (r == -EINTR)
		return r;
	return r < 0 ? error_wrap(err, r, "%s failed", handler_phrase(handler)) : 0;
}

int executor_run_handler(struct executor *x, const struct stage *stage, enum handler handler,
			 bool down, struct error *err)
{
	CLEANUP(effects_clear) struct effects effects = {0};

	effects_towards(stage, handler, down, &effects);
	return executor_run_effects(x, handler, &effects, err);
}
