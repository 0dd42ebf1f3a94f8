#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/condition.h"
#include "engine/plan/facts-parts.h"

/*
 * What keeps systemd from stopping dockerd and starting it again, though it runs: what was so at its
 * start need not be so now. systemd takes a condition that does not hold for a job well done.
 */

#define DOCKER "docker.service"

static void gather_refusal(struct gather *g)
{
	static const char *const flags[] = {"RefuseManualStop", "RefuseManualStart"};
	struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		CLEANUP(error_clear) struct error err = {0};
		bool set = false;

		if (bus_unit_flag(g->bus, DOCKER, flags[i], &set, &err) < 0)
			strv_addf(&d->restart_brings,
				  "whether " DOCKER " may be restarted could "
				  "not be asked: %s",
				  error_text(&err));
		else if (set && !d->no_restart)
			d->no_restart =
				xasprintf("systemd refuses to restart " DOCKER ", which has %s=yes",
					  flags[i]);
	}
}

static void take_failed(struct docker_facts *d, const struct unit_condition *c)
{
	CLEANUP(freep) char *text = unit_condition_text(c);

	if (!d->no_restart)
		d->no_restart = xasprintf("systemd would stop dockerd and not start it again: "
					  "%s of " DOCKER " does not hold now",
					  text);
}

static void take_unknown(struct docker_facts *d, const struct unit_condition *c)
{
	CLEANUP(freep) char *text = unit_condition_text(c);

	strv_addf(&d->restart_brings,
		  "whether %s of " DOCKER " holds now is not known: if not, systemd stops dockerd "
		  "and does not start it again",
		  text);
}

/* Of those with a | in front one is enough; all others have to hold. */
static void judge_conditions(struct docker_facts *d, const struct unit_conditions *all)
{
	const struct unit_condition *untrue = NULL, *unknown = NULL;
	bool triggered = false;

	for (size_t i = 0; i < all->count; i++) {
		const struct unit_condition *c = &all->items[i];
		int holds = condition_holds(c);

		if (c->trigger) {
			triggered = triggered || holds > 0;
			untrue = holds == 0 ? c : untrue;
			unknown = holds < 0 ? c : unknown;
		} else if (holds == 0) {
			take_failed(d, c);
		} else if (holds < 0) {
			take_unknown(d, c);
		}
	}
	if (!triggered && unknown)
		take_unknown(d, unknown);
	else if (!triggered && untrue)
		take_failed(d, untrue);
}

static void gather_conditions(struct gather *g)
{
	static const char *const properties[] = {"Conditions", "Asserts"};
	struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		CLEANUP(unit_conditions_clear) struct unit_conditions all = {0};
		CLEANUP(error_clear) struct error err = {0};

		if (bus_conditions(g->bus, DOCKER, properties[i], &all, &err) < 0)
			strv_addf(&d->restart_brings, "the %s of " DOCKER " could not be asked: %s",
				  properties[i], error_text(&err));
		else
			judge_conditions(d, &all);
	}
}

static void take_need(struct gather *g, const char *property, const char *unit)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *active = NULL;

	if (bus_active_state(g->bus, unit, &active, &err) < 0)
		strv_addf(&d->restart_brings,
			  "whether %s runs, which " DOCKER " needs, could not be asked: %s", unit,
			  error_text(&err));
	else if (!unit_is_up(active) && strcmp(property, "Requisite") == 0 && !d->no_restart)
		d->no_restart = xasprintf("systemd would stop dockerd and not start it again: "
					  "%s is %s (%s= of " DOCKER ")",
					  unit, active, property);
	else if (!unit_is_up(active))
		strv_addf(&d->restart_brings,
			  "%s is %s, and dockerd's start needs it (%s= of " DOCKER "): if its own "
			  "start fails, dockerd stays down",
			  unit, active, property);
}

static void gather_needs(struct gather *g)
{
	static const char *const properties[] = {"Requires", "Requisite", "BindsTo"};
	struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(strv_clear) struct strv names = {0};

		if (bus_related(g->bus, DOCKER, properties[i], &names, &err) < 0)
			strv_addf(&d->restart_brings,
				  "what " DOCKER " needs (%s=) could not be asked: %s",
				  properties[i], error_text(&err));
		for (size_t k = 0; k < names.count; k++)
			take_need(g, properties[i], names.items[k]);
	}
}

void gather_start_again(struct gather *g)
{
	if (!restart_is_possible(g))
		return;
	gather_refusal(g);
	gather_conditions(g);
	gather_needs(g);
	gather_start_programs(g);
}
