#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/read/shims.h"

/*
 * What goes down with dockerd when systemd restarts it: units that require it, are bound to it or
 * part of it, with the containers that they run; what hooks of its own do; containers whose
 * processes are in its group.
 */

#define DOCKER "docker.service"

void restart_takes_down(struct gather *g, const char *unit)
{
	strv_add_once(&g->facts->docker.goes_down, unit);
}

static void gather_dependents(struct gather *g)
{
	static const char *const units[] = {DOCKER, "docker.socket"};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (bus_dependents(g->bus, units[i], &names, &err) < 0) {
			strv_addf(&g->facts->docker.restart_brings,
				  "what goes down with %s could not be asked: %s", units[i],
				  error_text(&err));
			return;
		}
	for (size_t i = 0; i < names.count; i++) {
		if (facts_is_unit(g->facts, DOCKER, names.items[i]) ||
		    facts_is_unit(g->facts, "docker.socket", names.items[i]))
			continue;
		strv_addf(&g->facts->docker.restart_brings, GOES_DOWN, names.items[i]);
		restart_takes_down(g, names.items[i]);
		restart_takes_unit(g, names.items[i]);
	}
}

/* What ends with dockerd is to be named as such, one by one: a restart that ends another is broken off. */
static void takes(struct gather *g, struct container *c, const char *mode)
{
	CLEANUP(freep) char *who = xasprintf(DOCKER ", by its KillMode=%s", mode);

	restart_takes(g, c, who);
}

static void take_if_within(struct gather *g, struct container *c, const char *group,
			   const char *mode)
{
	if (c->pid <= 0 || !proc_is_within(c->pid, group))
		return;
	strv_addf(&g->facts->docker.restart_brings,
		  "KillMode=%s of " DOCKER " ends container %s, which is in its group", mode,
		  container_label(c));
	takes(g, c, mode);
}

static void take_shim(struct gather *g, const char *id, const char *mode)
{
	struct container_list *l = &g->facts->docker.containers;
	CLEANUP(container_clear) struct container unlisted;
	struct container *found = NULL;

	container_init(&unlisted);
	unlisted.id = xstrdup(id);
	for (size_t i = 0; i < l->nseen; i++)
		if (strcmp_null(l->seen[i].id, id) == 0)
			found = &l->seen[i];
	takes(g, found ? found : &unlisted, mode);
}

/* A container outlives its shim for a moment at most. */
static void take_shims(struct gather *g, const char *group, const char *mode)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (shims_within(group, &ids, &err) < 0)
		strv_addf(&d->restart_brings,
			  "KillMode=%s of " DOCKER
			  " ends what is in its group, and whether shims of "
			  "containers are could not be told: %s",
			  mode, error_text(&err));
	if (ids.count > 0)
		strv_addf(&d->restart_brings,
			  "KillMode=%s of " DOCKER " ends the containers' shims, which are in its "
			  "group",
			  mode);
	for (size_t i = 0; i < ids.count; i++)
		take_shim(g, ids.items[i], mode);
}

/* With KillMode=process only dockerd itself is signalled; else all that is in its group. */
static void gather_group(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *mode = NULL, *group = NULL;

	if (bus_service_text(g->bus, DOCKER, "KillMode", &mode, NULL) < 0 ||
	    bus_service_text(g->bus, DOCKER, "ControlGroup", &group, NULL) < 0 || !*group ||
	    strcmp(mode, "process") == 0 || strcmp(mode, "none") == 0)
		return;
	if (!d->containers.known)
		return; /* a restart is held where they are not known */
	for (size_t i = 0; i < d->containers.nseen; i++)
		take_if_within(g, &d->containers.seen[i], group, mode);
	take_shims(g, group, mode);
}

/*
 * With "userland-proxy": true in its file dockerd starts, and refuses every reload: what it fills in
 * at the start (the proxy's path) it misses then. Seen with 26.1.5 and 28.5.2; 20.10 takes it.
 */
static bool refuses_reload(const struct docker_facts *d)
{
	const struct setting *on = settings_find(&d->next, "userland-proxy");
	const struct setting *path = settings_find(&d->next, "userland-proxy-path");

	return on && on->source == SOURCE_FILE && strcmp_null(on->value, "true") == 0 &&
	       (!path || path->source != SOURCE_FILE) && d->version &&
	       engine_version_compare(d->version, "23.0") >= 0;
}

static void gather_reload(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	bool can = true;

	if (bus_can_reload(g->bus, DOCKER, &can, NULL) >= 0 && !can)
		d->no_reload = xstrdup(DOCKER " has no ExecReload=");
	else if (refuses_reload(d))
		d->no_reload = xasprintf("dockerd refuses every reload with \"userland-proxy\": "
					 "true in '%s', which says no more than its default",
					 d->config_file);
}

bool restart_is_possible(const struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);

	return g->bus && u && u->exists && unit_is_up(u->active);
}

void gather_restart(struct gather *g)
{
	if (!restart_is_possible(g))
		return;
	gather_reload(g);
	gather_dependents(g);
	gather_hooks(g);
	gather_group(g);
}
