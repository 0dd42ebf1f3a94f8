#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"

/*
 * What the start of docker.service starts beside it, where that does not run: a job of once is done
 * again. Measured with timers, services and targets: also what those start in their turn; what a unit
 * wants that runs already is left alone.
 */

#define DOCKER "docker.service"

/* These do nothing themselves: what they start is told. */
bool unit_does_nothing(const char *unit)
{
	return ends_with(unit, ".target") || ends_with(unit, ".slice") ||
	       ends_with(unit, ".device");
}

/* 1: it would be started; 0: it runs, or is none that can be; negative: nobody knows. */
static int is_started(struct gather *g, const char *unit, struct error *err)
{
	CLEANUP(freep) char *active = NULL;
	bool loaded = false;
	int r = bus_is_loaded(g->bus, unit, &loaded, err);

	if (r >= 0 && loaded)
		r = bus_active_state(g->bus, unit, &active, err);
	return r < 0 ? r : loaded && !unit_is_up(active);
}

/* A timer starts its service when it is time, a socket when somebody connects. */
static void take(struct gather *g, const char *unit, const char *property, const char *by,
		 struct strv *started)
{
	CLEANUP(error_clear) struct error err = {0};
	struct strv *brings = &g->facts->docker.restart_brings;
	int r = is_started(g, unit, &err);

	if (r < 0)
		strv_addf(brings,
			  "the start of dockerd may start %s, too (%s= of %s): whether it runs now "
			  "could not be asked: %s",
			  unit, property, by, error_text(&err));
	else if (r > 0 && !unit_does_nothing(unit))
		strv_addf(brings,
			  "the start of dockerd %s %s, too, which does not run now (%s= of %s)",
			  strcmp(property, "Triggers") == 0 ? "may start" : "starts", unit,
			  property, by);
	if (r > 0)
		strv_add(started, unit);
}

static void look_at(struct gather *g, const char *by, const char *property, struct strv *started,
		    struct strv *seen)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv names = {0};

	if (bus_related(g->bus, by, property, &names, &err) < 0)
		strv_addf(&g->facts->docker.restart_brings,
			  "what the start of dockerd starts, too, by %s= of %s could not be asked: "
			  "%s",
			  property, by, error_text(&err));
	strv_sort(&names);
	for (size_t i = 0; i < names.count; i++)
		if (!strv_contains(seen, names.items[i]) &&
		    !facts_is_unit(g->facts, DOCKER, names.items[i])) {
			strv_add(seen, names.items[i]);
			take(g, names.items[i], property, by, started);
		}
}

void gather_wanted(struct gather *g)
{
	static const char *const properties[] = {"Requires", "BindsTo", "Wants", "Upholds",
						 "Triggers"};
	CLEANUP(strv_clear) struct strv started = {0}, seen = {0};

	strv_add(&started, DOCKER);
	for (size_t i = 0; i < started.count; i++) {
		CLEANUP(freep) char *by = xstrdup(started.items[i]); /* the list grows */

		for (size_t k = 0; k < ARRAY_SIZE(properties); k++)
			look_at(g, by, properties[k], &started, &seen);
	}
}
