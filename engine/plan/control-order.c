#include "engine/plan/control-order.h"

#include <stdlib.h>

#include "engine/base/alloc.h"

static void add(struct control_order *o, const struct control *control)
{
	*(const struct control **)array_append(&o->items, &o->count, sizeof(*o->items)) = control;
}

static void add_part(const struct control_order *all, const struct selector *s, bool backwards,
		     const struct map *late, bool is_late, struct control_order *ret)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct control *control = all->items[backwards ? all->count - 1 - i : i];

		if ((map_get(late, control->id) != NULL) == is_late && selector_takes(s, control))
			add(ret, control);
	}
}

void control_order(const struct baseline *const *baselines, size_t count, const struct selection *s,
		   bool backwards, const struct strv *late, struct control_order *ret)
{
	CLEANUP(control_order_clear) struct control_order all = {0};
	CLEANUP(selector_clear) struct selector selector;
	struct map last = {0};

	selector_init(&selector, s);
	for (size_t i = 0; late && i < late->count; i++)
		map_put(&last, late->items[i], late->items[i]);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < baselines[i]->ncontrols; k++)
			add(&all, &baselines[i]->controls[k]);
	add_part(&all, &selector, backwards, &last, false, ret);
	add_part(&all, &selector, backwards, &last, true, ret);
	map_clear(&last, NULL);
}

void control_order_clear(struct control_order *o)
{
	free(o->items);
	*o = (struct control_order){0};
}
