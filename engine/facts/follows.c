#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/real-path.h"

/*
 * What follows on what we do, without being asked for: units that dockerd's reload or its end reaches
 * by systemd; units that systemd starts because a file was written.
 */

#define DOCKER "docker.service"

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
		CLEANUP(freep) char *place = watched_place(paths.items[i]);

		w->path = real_path_of_any(place);
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
