#include "engine/base/alloc.h"
#include "engine/effect/effector.h"

/*
 * In an offline root nothing runs: its files are all there is, and what they say comes into
 * force when that system is booted.
 */

static int run(struct effector *e, enum handler handler, const struct effects *towards,
	       struct error *err)
{
	return 0;
}

static int remember(struct effector *e, const struct facts *facts, struct error *err)
{
	return 0;
}

static int health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		  struct error *err)
{
	return 0;
}

static void release(struct effector *e)
{
	free(e);
}

struct effector *effector_offline(void)
{
	static const struct effector_ops ops = {
		.run = run, .remember = remember, .health = health, .free = release};
	struct effector *e = xcalloc(1, sizeof(*e));

	e->ops = &ops;
	return e;
}
