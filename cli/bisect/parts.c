#include "cli/bisect/parts.h"

#include <stdlib.h>
#include <string.h>

#include "cli/again.h"
#include "cli/message.h"
#include "engine/base/alloc.h"
#include "engine/plan/planner.h"

/* Controls by number, as they stand in the plan of all. */
struct graph {
	const struct context *c;
	const struct plan *all;
	struct map all_parts;
	struct strv ids;
	bool *needs; /* ids.count squared */
};

int parts_plan(const struct context *c, const struct strv *controls, struct plan *ret,
	       struct error *err)
{
	struct plan_request request = context_request(c, &c->facts);

	request.only = controls;
	request.skip = NULL;
	return plan_compute(&request, ret, err);
}

/* Whom a restart stops that the plan of all does not, or that there is one at all. */
static bool stops_more(const struct plan *all, const struct plan *part)
{
	for (size_t i = 0; i < part->stopped.count; i++)
		if (!stopped_find(&all->stopped, part->stopped.items[i].name))
			return true;
	return (plan_handlers(part) & HANDLERS_RESTART) && !(plan_handlers(all) & HANDLERS_RESTART);
}

/* Whether that control does in a plan of these alone what it does in the plan of all: 1, 0, or negative. */
static int fits(const struct graph *g, size_t control, const bool *with, struct error *err)
{
	CLEANUP(strv_clear) struct strv controls = {0};
	CLEANUP(plan_clear) struct plan plan = {0};
	struct again_plans both = {
		.then = g->all, .now = &plan, .then_parts = g->all_parts /* borrowed */};
	int r;

	for (size_t i = 0; i < g->ids.count; i++)
		if (with[i])
			strv_add(&controls, g->ids.items[i]);
	r = parts_plan(g->c, &controls, &plan, err);
	if (r < 0)
		return r;
	plan_parts(&plan, &both.now_parts);
	r = again_is_alike(&both, g->ids.items[control]) && !stops_more(g->all, &plan);
	plan_parts_clear(&both.now_parts);
	return r;
}

static bool *copy_of(const struct graph *g, const bool *set)
{
	bool *copy = xcalloc(g->ids.count, sizeof(*copy));

	memcpy(copy, set, g->ids.count * sizeof(*copy));
	return copy;
}

/* The first `n` of all beside those that are there: does the control fit? */
static int fits_beside(const struct graph *g, size_t control, const bool *with, size_t n,
		       struct error *err)
{
	CLEANUP(freep) bool *more = copy_of(g, with);

	for (size_t i = 0; i < n; i++)
		more[i] = true;
	return fits(g, control, more, err);
}

/* The last of the shortest beginning of all beside which the control fits, by halves; negative: no plan. */
static int next_need(const struct graph *g, size_t control, const bool *with, size_t n, size_t *ret,
		     struct error *err)
{
	size_t lacks = 0, fit = n;

	while (fit - lacks > 1) {
		size_t half = lacks + (fit - lacks) / 2;
		int r = fits_beside(g, control, with, half, err);

		if (r < 0)
			return r;
		if (r)
			fit = half;
		else
			lacks = half;
	}
	*ret = fit - 1;
	return 0;
}

static int find_needs(struct graph *g, size_t control, struct error *err)
{
	bool *needs = g->needs + control * g->ids.count;
	CLEANUP(freep) bool *with = xcalloc(g->ids.count, sizeof(*with));
	size_t n = g->ids.count;
	int r;

	with[control] = true;
	while ((r = fits(g, control, with, err)) == 0) {
		if (n == 0)
			return error_set(err, -EUCLEAN, "'%s' is not planned any more as it was",
					 g->ids.items[control]);
		r = next_need(g, control, with, n, &n, err);
		if (r < 0)
			return r;
		needs[n] = with[n] = true;
	}
	needs[control] = false;
	return r < 0 ? r : 0;
}

/* What those need that one needs, it needs. */
static void close_needs(bool *needs, size_t count)
{
	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < count && needs[i * count + k]; j++)
				needs[i * count + j] |= needs[k * count + j];
}

static bool is_restarting(const struct plan *plan, const char *control)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *e = &plan->stages[i].effects.items[k];

			if ((HANDLER_BIT(e->handler) & HANDLERS_DOCKERD) &&
			    strcmp_null(e->control, control) == 0)
				return true;
		}
	return false;
}

/* Where two need each other they are one. */
static size_t part_of(const struct graph *g, size_t control)
{
	size_t n = g->ids.count;

	for (size_t i = 0; i < control; i++)
		if (g->needs[control * n + i] && g->needs[i * n + control])
			return i;
	return control;
}

static bool is_ready(const struct graph *g, size_t control, const bool *placed)
{
	size_t n = g->ids.count;

	for (size_t k = 0; k < n; k++)
		if (g->needs[control * n + k] && !placed[k] && !g->needs[k * n + control])
			return false;
	return true;
}

static void add_part(const struct graph *g, size_t first, struct parts *ret, size_t *ret_place,
		     bool *placed)
{
	struct part *part = array_append(&ret->items, &ret->count, sizeof(*part));

	*part = (struct part){.worth = -SEVERITY_COUNT};
	for (size_t i = first; i < g->ids.count; i++) {
		const char *id = g->ids.items[i];
		int worth = -(int)plan_find_finding(g->all, id)->severity;

		if (part_of(g, i) != first)
			continue;
		strv_add(&part->controls, id);
		part->restarts |= is_restarting(g->all, id);
		if (worth > part->worth)
			part->worth = worth;
		placed[i] = true;
		ret_place[i] = ret->count - 1;
	}
}

/* The next that may stand: one that restarts dockerd where there is such a one. */
static size_t next_part(const struct graph *g, const bool *placed)
{
	size_t other = g->ids.count;

	for (size_t i = 0; i < g->ids.count; i++) {
		if (placed[i] || part_of(g, i) != i || !is_ready(g, i, placed))
			continue;
		if (is_restarting(g->all, g->ids.items[i]))
			return i;
		if (other == g->ids.count)
			other = i;
	}
	return other;
}

static void make_parts(const struct graph *g, struct parts *ret)
{
	size_t n = g->ids.count, next;
	CLEANUP(freep) bool *placed = xcalloc(n, sizeof(*placed));
	CLEANUP(freep) size_t *place = xcalloc(n, sizeof(*place));

	while ((next = next_part(g, placed)) < n)
		add_part(g, next, ret, place, placed);
	ret->needs = xcalloc(ret->count * ret->count, sizeof(*ret->needs));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (g->needs[i * n + k] && place[i] != place[k])
				ret->needs[place[i] * ret->count + place[k]] = true;
}

int parts_find(struct context *c, const struct plan *all, struct parts *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	struct graph g = {.c = c, .all = all};
	int r = 0;

	for (size_t i = 0; i < all->nfindings; i++)
		if (all->findings[i].state == FINDING_PLANNED)
			strv_add(&g.ids, all->findings[i].control);
	plan_parts(all, &g.all_parts);
	g.needs = xcalloc(g.ids.count * g.ids.count + 1, sizeof(*g.needs));
	for (size_t i = 0; r >= 0 && i < g.ids.count; i++)
		r = find_needs(&g, i, &err);
	close_needs(g.needs, g.ids.count);
	if (r >= 0)
		make_parts(&g, ret);
	plan_parts_clear(&g.all_parts);
	strv_clear(&g.ids);
	free(g.needs);
	return r < 0 ? fail(CODE_ERROR, &err) : CODE_OK;
}

size_t parts_with(const struct parts *p, const char *control)
{
	for (size_t i = 0; i < p->count; i++)
		if (strv_contains(&p->items[i].controls, control))
			return i;
	return p->count;
}

void parts_clear(struct parts *p)
{
	for (size_t i = 0; i < p->count; i++)
		strv_clear(&p->items[i].controls);
	free(p->items);
	free(p->needs);
	*p = (struct parts){0};
}
