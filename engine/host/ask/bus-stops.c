#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "engine/base/str.h"
#include "engine/host/ask/bus-impl.h"

/* What goes down with what: systemd stops it with the unit, and so on, whatever kind of unit it is. */

/* The last since systemd 249. */
static const char *const stops[] = {"RequiredBy", "RequisiteOf",      "BoundBy",
				    "ConsistsOf", "PropagatesStopTo", NULL};

/* What a plan can stop; the others count where they stand between two of these. */
static bool may_be_stopped(const char *name)
{
	static const char *const types[] = {".service", ".socket", ".timer", ".path", ".slice"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (ends_with(name, types[i]))
			return true;
	return false;
}

/* Those of the graph from here on, and what each leads to. */
static int follow_from(struct bus *b, struct unit_states *graph, size_t from, struct error *err)
{
	size_t n = graph->count - from;
	CLEANUP(freep) struct strv *next = xcalloc(n, sizeof(*next));
	CLEANUP(strv_clear) struct strv names = {0};
	int r;

	for (size_t i = 0; i < n; i++)
		strv_add(&names, graph->items[from + i].name);
	r = bus_relations_many(b, &names, stops, next, err);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < next[i].count; k++)
			unit_states_put(graph, next[i].items[k], "");
		graph->items[from + i].dependents = next[i];
	}
	return r;
}

/* Each unit of the graph is asked once, and so is each that it leads to, step by step. */
static int follow(struct bus *b, struct unit_states *graph, struct error *err)
{
	int r = 0;

	for (size_t from = 0, known; r >= 0 && from < graph->count; from = known) {
		known = graph->count;
		r = follow_from(b, graph, from, err);
	}
	return r;
}

/*
 * All that stopping the unit stops, the nearest first. Of units that are down, too: a stop passes
 * through a oneshot that is done.
 */
static void collect(const struct unit_states *graph, const char *unit, struct strv *ret)
{
	struct map seen = {0};
	const char *at = unit;

	map_put(&seen, unit, ret);
	for (size_t next = 0; at; at = next < ret->count ? ret->items[next++] : NULL) {
		const struct unit_state *state = unit_states_find(graph, at);

		for (size_t i = 0; state && i < state->dependents.count; i++) {
			const char *name = state->dependents.items[i];

			if (map_get(&seen, name))
				continue;
			map_put(&seen, name, ret);
			strv_add(ret, name);
		}
	}
	map_clear(&seen, NULL);
}

static bool is_asked(const struct unit_state *unit)
{
	return unit_is_up(unit->active) && may_be_stopped(unit->name);
}

/* Of those alone that a plan can stop: asked of every unit it would be much. */
static int find_conflicts(struct bus *b, struct unit_states *all, struct error *err)
{
	static const char *const conflicts[] = {"Conflicts", "ConflictedBy", NULL};
	CLEANUP(freep) struct strv *found = xcalloc(all->count, sizeof(*found));
	CLEANUP(strv_clear) struct strv names = {0};
	size_t k = 0;
	int r;

	for (size_t i = 0; i < all->count; i++)
		if (is_asked(&all->items[i]))
			strv_add(&names, all->items[i].name);
	r = bus_relations_many(b, &names, conflicts, found, err);
	for (size_t i = 0; i < all->count; i++)
		if (is_asked(&all->items[i]))
			all->items[i].conflicts = found[k++];
	return r;
}

/* Of what goes down with a unit what runs. */
static void take_dependents(const struct unit_states *graph, const struct unit_states *all,
			    struct unit_state *unit)
{
	CLEANUP(strv_clear) struct strv names = {0};

	collect(graph, unit->name, &names);
	for (size_t i = 0; i < names.count; i++) {
		const struct unit_state *other = unit_states_find(all, names.items[i]);

		if (other && unit_is_up(other->active))
			strv_add(&unit->dependents, other->name);
	}
}

int bus_find_dependents(struct bus *b, struct unit_states *all, struct error *err)
{
	CLEANUP(unit_states_clear) struct unit_states graph = {0};
	int r;

	for (size_t i = 0; i < all->count; i++)
		if (is_asked(&all->items[i]))
			unit_states_put(&graph, all->items[i].name, "");
	r = follow(b, &graph, err);
	if (r >= 0)
		r = find_conflicts(b, all, err);
	for (size_t i = 0; r >= 0 && i < all->count; i++)
		if (unit_is_up(all->items[i].active))
			take_dependents(&graph, all, &all->items[i]);
	return r < 0 ? r : 0;
}

int bus_stopped_with(struct bus *b, const char *unit, struct strv *ret, struct error *err)
{
	CLEANUP(unit_states_clear) struct unit_states graph = {0};
	int r;

	unit_states_put(&graph, unit, "");
	r = follow(b, &graph, err);
	for (size_t i = 0; r >= 0 && i < graph.count; i++)
		strv_add_once(ret, graph.items[i].name);
	return r;
}

static int add_if_up(struct bus *b, const char *name, struct strv *ret, struct error *err)
{
	CLEANUP(freep) char *active = NULL;
	int r = bus_active_state(b, name, &active, err);

	if (r >= 0 && unit_is_up(active))
		strv_add_once(ret, name);
	return r;
}

static int add_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = bus_relations(b, unit, stops, &names, err);

	for (size_t i = 0; r >= 0 && i < names.count; i++)
		r = add_if_up(b, names.items[i], ret, err);
	return r;
}

int bus_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err)
{
	size_t from = ret->count;
	int r = add_dependents(b, unit, ret, err);

	/* each is added once, so this ends however they depend on each other */
	for (size_t i = from; r >= 0 && i < ret->count; i++) {
		CLEANUP(freep) char *name = xstrdup(ret->items[i]);

		r = add_dependents(b, name, ret, err);
	}
	return r < 0 ? r : 0;
}
