#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/model/plan.h"

static struct plan_part *part_of(struct map *parts, const char *control)
{
	struct plan_part *part = map_get(parts, control);

	if (!part) {
		part = xcalloc(1, sizeof(*part));
		map_put(parts, control, part);
	}
	return part;
}

static void take_change(struct map *parts, const struct change *change, size_t place)
{
	for (size_t i = 0; i < change->edits.count; i++) {
		const char *control = change->edits.items[i].control;
		struct plan_part *part = control ? part_of(parts, control) : NULL;

		if (!part || (part->nchanges && part->changes[part->nchanges - 1] == place))
			continue;
		*(size_t *)array_append(&part->changes, &part->nchanges, sizeof(place)) = place;
	}
}

void plan_parts(const struct plan *p, struct map *ret)
{
	for (size_t i = 0; i < p->nchanges; i++)
		take_change(ret, &p->changes[i], i);
	for (size_t i = 0; i < p->nstages; i++)
		for (size_t k = 0; k < p->stages[i].effects.count; k++)
			if (p->stages[i].effects.items[k].control)
				part_of(ret, p->stages[i].effects.items[k].control);
}

static void free_part(void *p)
{
	free(((struct plan_part *)p)->changes);
	free(p);
}

void plan_parts_clear(struct map *parts)
{
	map_clear(parts, free_part);
}
