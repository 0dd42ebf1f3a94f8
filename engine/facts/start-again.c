#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/ask/condition.h"

/*
 * What keeps systemd from stopping dockerd and starting it again, though it runs: what was so at its
 * start need not be so now. systemd takes a condition that does not hold for a job well done.
 */

#define DOCKER "docker.service"

/* What systemd is asked to restart, by which of our ways; the first reason counts. Takes `why`. */
static void refused(struct docker_facts *d, const char *unit, char *why)
{
	char **to = strcmp(unit, DOCKER) == 0 ? &d->no_restart : &d->no_socket_restart;

	if (*to)
		free(why);
	else
		*to = why;
}

static void gather_refusal(struct gather *g, const char *unit)
{
	static const char *const flags[] = {"RefuseManualStop", "RefuseManualStart"};
	struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		CLEANUP(error_clear) struct error err = {0};
		bool set = false;

		if (bus_unit_flag(g->bus, unit, flags[i], &set, &err) < 0)
			strv_addf(&d->restart_brings,
				  "whether %s may be restarted could not be asked: %s", unit,
				  error_text(&err));
		else if (set)
			refused(d, unit,
				xasprintf("systemd refuses to restart %s, which has %s=yes", unit,
					  flags[i]));
	}
}

/*
 * A unit that runs and whose file systemd read anew since can be one that it takes for broken: it
 * goes on, and is not started again.
 */
static void gather_load(struct gather *g, const char *unit)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *state = NULL;

	if (bus_load_state(g->bus, unit, &state, &err) < 0) {
		strv_addf(&d->restart_brings, "whether %s can be restarted could not be asked: %s",
			  unit, error_text(&err));
		return;
	}
	if (strcmp(state, "loaded") == 0)
		return;
	if (strcmp(state, "masked") == 0)
		refused(d, unit,
			xasprintf("%s is masked: systemd does not restart it before 'systemctl "
				  "unmask %s'",
				  unit, unit));
	else
		refused(d, unit,
			xasprintf("systemd refuses to restart %s, whose file it read as '%s' "
				  "(systemctl status %s says why)",
				  unit, state, unit));
}

/* Whether systemd sees by this type that dockerd has started. Tried with 26.1.5: each of them. */
static bool type_fits(const char *type)
{
	static const char *const types[] = {"simple", "exec", "idle", "notify", "notify-reload"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* dockerd neither ends, nor goes into the background, nor takes a name on the bus. */
static void gather_type(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *type = NULL;

	if (bus_service_text(g->bus, DOCKER, "Type", &type, &err) < 0)
		strv_addf(&d->restart_brings, "the Type= of " DOCKER " could not be asked: %s",
			  error_text(&err));
	else if (!type_fits(type) && !d->no_restart)
		d->no_restart = xasprintf("systemd would wait in vain for the start of dockerd: "
					  "with Type=%s " DOCKER " never counts as started",
					  type);
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
	static const char *const units[] = {DOCKER, "docker.socket"};

	if (!restart_is_possible(g))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		gather_refusal(g, units[i]);
		gather_load(g, units[i]);
	}
	gather_type(g);
	gather_conditions(g);
	gather_needs(g);
	gather_start_programs(g);
}
