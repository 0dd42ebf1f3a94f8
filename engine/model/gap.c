#include "engine/model/gap.h"

#include <stdlib.h>

#include "engine/base/alloc.h"

static bool is_longer(const struct port_gap *a, const struct port_gap *b)
{
	if ((a->least_ms > 0) != (b->least_ms > 0))
		return a->least_ms > 0;
	return a->ms > b->ms;
}

const struct port_gap *gaps_longest(const struct gaps *g)
{
	const struct port_gap *longest = NULL;

	for (size_t i = 0; i < g->count; i++)
		if (!longest || is_longer(&g->items[i], longest))
			longest = &g->items[i];
	return longest;
}

size_t gaps_away(const struct gaps *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		n += g->items[i].least_ms > 0;
	return n;
}

struct port_gap *gaps_add(struct gaps *g, const char *container, const char *at)
{
	struct port_gap *ret = array_append(&g->items, &g->count, sizeof(*ret));

	ret->container = xstrdup(container);
	ret->at = xstrdup(at);
	return ret;
}

void gaps_copy(struct gaps *to, const struct gaps *from)
{
	gaps_clear(to);
	for (size_t i = 0; i < from->count; i++) {
		const struct port_gap *is = &from->items[i];
		struct port_gap *g = gaps_add(to, is->container, is->at);

		g->ms = is->ms;
		g->least_ms = is->least_ms;
		g->away = is->away;
	}
	to->api_ms = from->api_ms;
	strv_copy(&to->unmeasured, &from->unmeasured);
}

void gaps_clear(struct gaps *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->items[i].container);
		free(g->items[i].at);
	}
	free(g->items);
	strv_clear(&g->unmeasured);
	*g = (struct gaps){0};
}
