#include "engine/model/plan-turn.h"

static void turn_images(struct change *c)
{
	for (size_t i = 0; i < c->nimages / 2; i++) {
		struct image first = c->images[i];

		c->images[i] = c->images[c->nimages - 1 - i];
		c->images[c->nimages - 1 - i] = first;
	}
}

static void turn_stage(struct stage *s)
{
	unsigned up = s->up;

	s->up = s->down;
	s->down = up;
	for (size_t i = 0; i < s->effects.count; i++)
		effect_invert(&s->effects.items[i]);
}

void plan_turn(struct plan *p)
{
	for (size_t i = 0; i < p->nchanges; i++)
		turn_images(&p->changes[i]);
	for (size_t i = 0; i < p->nstages; i++)
		turn_stage(&p->stages[i]);
}
