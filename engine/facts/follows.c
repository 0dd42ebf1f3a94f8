#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/container-info.h"
#include "engine/host/read/observe.h"

/*
 * What follows on what we do, without being asked for: containers that do not run and that dockerd
 * starts with itself; units that its reload or its end reaches by systemd; units that systemd
 * starts because a file was written.
 */

#define DOCKER "docker.service"

/* `docker stop` is remembered on disk alone. Where it cannot be read, the container may start. */
static bool was_stopped_by_hand(const struct gather *g, const struct container *c)
{
	CLEANUP(freep)
	char *path = xasprintf("%s/containers/%s/config.v2.json",
			       g->facts->docker.data_root ? g->facts->docker.data_root : "",
			       c->id ? c->id : "");
	CLEANUP(buf_clear) struct buf text = {0};

	return observe_content(g->root, path, &text, NULL) >= 0 &&
	       container_info_was_stopped_by_hand(&text);
}

/*
 * Measured with 20.10.24, 26.1.5 and 28.5.2: dockerd starts what has "always" unless it never ran,
 * "on-failure" where the last end was one and its tries are left, "unless-stopped" where nobody
 * stopped it.
 */
static bool starts_with_dockerd(const struct gather *g, const struct container *c)
{
	const char *policy = c->restart_policy ? c->restart_policy : "no";
	bool ended = c->state && (strcmp(c->state, "exited") == 0 || strcmp(c->state, "dead") == 0);

	if (!container_told(c) || c->running || !ended)
		return false;
	if (strcmp(policy, "always") == 0)
		return true;
	if (strcmp(policy, "unless-stopped") == 0)
		return !was_stopped_by_hand(g, c);
	return strcmp(policy, "on-failure") == 0 && c->exit_code != 0 &&
	       (c->restart_count == 0 || c->restarts < c->restart_count);
}

static void gather_started(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		struct container *c = &d->containers.seen[i];

		c->starts = starts_with_dockerd(g, c);
		if (c->starts)
			strv_addf(&d->restart_brings,
				  "container %s, which does not run now, is started by dockerd's "
				  "start (restart policy %s)",
				  container_label(c), c->restart_policy);
	}
}

/* Each unit that docker.service reaches by the property, as a line. */
static void gather_related(struct gather *g, const char *property, const char *does,
			   struct strv *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv names = {0};

	if (bus_related(g->bus, DOCKER, property, &names, &err) < 0)
		strv_addf(ret, "what %s= of " DOCKER " reaches could not be asked: %s", property,
			  error_text(&err));
	for (size_t i = 0; i < names.count; i++)
		strv_addf(ret, "%s %s, too (%s= of " DOCKER ")", does, names.items[i], property);
}

/*
 * A start starts what it wants, too, where that does not run: a job of once is done again. Targets and
 * the like only order others.
 */
static void gather_wanted(struct gather *g)
{
	static const char *const properties[] = {"Wants", "Upholds"};
	CLEANUP(strv_clear) struct strv names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		bus_related(g->bus, DOCKER, properties[i], &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		const char *dot = strrchr(names.items[i], '.');
		CLEANUP(freep) char *active = NULL;
		bool loaded = false;

		if (!dot || strcmp(dot, ".service") != 0 ||
		    bus_is_loaded(g->bus, names.items[i], &loaded, NULL) < 0 || !loaded ||
		    bus_active_state(g->bus, names.items[i], &active, NULL) < 0 ||
		    unit_is_up(active))
			continue;
		strv_addf(&g->facts->docker.restart_brings,
			  "the start of dockerd starts %s, too, which does not run now (Wants= "
			  "of " DOCKER ")",
			  names.items[i]);
	}
}

/* "/etc/docker/" and the pattern "/etc/docker/ *.json" are looked at by their directory. */
static char *watched_place(const char *path)
{
	size_t n = strcspn(path, "*?[");

	if (path[n])
		while (n > 1 && path[n - 1] != '/')
			n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	return xstrndup(path, n);
}

static void take_watched(struct gather *g, const char *unit)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	CLEANUP(freep) char *starts = NULL;

	if (bus_watched(g->bus, unit, &paths, &starts, NULL) < 0)
		return; /* it is gone meanwhile */
	for (size_t i = 0; i < paths.count; i++) {
		struct watched_path *w = facts_add_watched(g->facts);

		w->path = watched_place(paths.items[i]);
		w->brings = xasprintf("systemd starts %s when '%s' changes (%s)", starts,
				      paths.items[i], unit);
	}
}

static void gather_watched(struct gather *g)
{
	CLEANUP(strv_clear) struct strv units = {0};

	if (bus_path_units(g->bus, &units, NULL) < 0)
		return;
	for (size_t i = 0; i < units.count; i++)
		take_watched(g, units.items[i]);
}

void gather_follows(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;

	if (!g->bus)
		return;
	gather_watched(g);
	if (!restart_is_possible(g))
		return;
	gather_started(g);
	gather_forward(g);
	gather_related(g, "PropagatesReloadTo", "a reload of dockerd reloads",
		       &d->dockerd_reload_brings);
	gather_wanted(g);
	gather_related(g, "OnFailure", "if dockerd fails to start, systemd starts",
		       &d->restart_runs);
	gather_related(g, "OnSuccess", "the end of dockerd starts", &d->restart_brings);
}
