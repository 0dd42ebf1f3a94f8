#include "engine/plan/units-along.h"

#include "engine/base/alloc.h"

static void add_lines(const struct facts *f, const char *unit, const struct strv *own,
		      struct strv *ret)
{
	CLEANUP(strv_clear) struct strv others = {0};

	unit_states_along(&f->unit_states, unit, &others);
	for (size_t i = 0; i < others.count; i++)
		if (!strv_contains(own, others.items[i]))
			strv_addf(ret, "stopping %s stops %s, too", unit, others.items[i]);
}

void units_along(const struct facts *f, const struct strv *down, const struct strv *own,
		 struct strv *ret)
{
	for (size_t i = 0; i < down->count && !f->offline; i++) {
		if (f->unit_states.not_measured)
			strv_addf(ret, "which units go down with %s is not known: %s",
				  down->items[i], f->unit_states.not_measured);
		else
			add_lines(f, down->items[i], own, ret);
	}
}
