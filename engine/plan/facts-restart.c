#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/secret.h"
#include "engine/host/observe.h"
#include "engine/host/proc.h"
#include "engine/host/shims.h"
#include "engine/plan/facts-parts.h"

/*
 * What goes down with dockerd when systemd restarts it: units that require it, are bound to it or
 * part of it, with the containers that they run; what hooks of its own do; containers whose
 * processes are in its group.
 */

#define DOCKER "docker.service"

/* Whether the name stands in the text as a word of its own. */
static bool has_word(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = text; n && (at = strstr(at, name)); at++) {
		bool before = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '-' ||
					      at[-1] == '_' || at[-1] == '.');
		char after = at[n];

		if (before && !(isalnum((unsigned char)after) || after == '-' || after == '_' ||
				after == '.'))
			return true;
	}
	return false;
}

/* A container of which a unit's commands speak is the unit's. */
static void containers_of(struct gather *g, const char *unit)
{
	static const char *const properties[] = {"ExecStartPre", "ExecStart", "ExecStop"};
	struct docker_facts *d = &g->facts->docker;
	struct containers all = containers_on_disk(&d->containers);
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (bus_commands(g->bus, unit, properties[i], &words, NULL) < 0)
			return; /* a socket or a target has none */
	text = strv_join(&words, " ");
	if (!containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running && all.items[i].name && has_word(text, all.items[i].name))
			strv_addf(&d->goes_along, "%s (goes down with %s)", all.items[i].name,
				  unit);
}

/* A command line for people; the caller frees it. */
static char *shown(const struct strv *words)
{
	CLEANUP(freep) char *text = strv_join(words, " ");

	return secret_hide(text);
}

/* The docker client and what composes with it: "docker start -a", "docker compose up". */
static bool is_client(const char *pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%s/status", pid);
	CLEANUP(buf_clear) struct buf status = {0};
	CLEANUP(freep) char *name = NULL;

	if (strspn(pid, "0123456789") != strlen(pid) || proc_read(path, &status, NULL) < 0)
		return false;
	name = proc_status_field(&status, "Name");
	return name && (strcmp(name, "docker") == 0 || strcmp(name, "docker-compose") == 0);
}

/*
 * A service whose process waits on dockerd's answers without depending on docker.service: the process
 * ends when dockerd goes, and then its ExecStop= may stop its containers (seen with 26.1.5).
 */
static void take_attached(struct gather *g, const char *unit, const struct strv *known)
{
	const char *dot = strrchr(unit, '.');
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *stops = NULL;

	if (!dot || strcmp(dot, ".service") != 0 || strcmp(unit, DOCKER) == 0 ||
	    strncmp(unit, "user@", 5) == 0 || strv_contains(known, unit))
		return;
	if (bus_commands(g->bus, unit, "ExecStop", &words, NULL) >= 0 && words.count > 0)
		stops = shown(&words);
	strv_addf(&g->facts->docker.restart_brings,
		  "%s has a docker client that waits on dockerd, and ends with it%s%s", unit,
		  stops ? "; its ExecStop= runs: " : "", stops ? stops : "");
	if (stops)
		containers_of(g, unit);
}

static void gather_attached(struct gather *g, const struct strv *dependents)
{
	CLEANUP(strv_clear) struct strv pids = {0}, known = {0};

	strv_add_all(&known, dependents);
	observe_children(g->root, "/proc", &pids, NULL);
	for (size_t i = 0; i < pids.count; i++) {
		CLEANUP(freep) char *unit = NULL;

		if (!is_client(pids.items[i]))
			continue;
		unit = unit_of_process((pid_t)strtol(pids.items[i], NULL, 10));
		if (!unit)
			continue;
		take_attached(g, unit, &known);
		strv_add_once(&known, unit);
	}
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
		if (strcmp(names.items[i], DOCKER) == 0 ||
		    strcmp(names.items[i], "docker.socket") == 0)
			continue;
		strv_addf(&g->facts->docker.restart_brings,
			  "%s goes down with dockerd, and is started again after it",
			  names.items[i]);
		containers_of(g, names.items[i]);
	}
	gather_attached(g, &names);
}

/* What stops with it may stop containers; what starts with it ran at each boot, and is told. */
static void gather_hooks(struct gather *g)
{
	static const char *const properties[] = {"ExecStop", "ExecStopPost", "ExecStartPre",
						 "ExecStartPost"};

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		CLEANUP(strv_clear) struct strv words = {0};
		CLEANUP(freep) char *text = NULL;

		if (bus_commands(g->bus, DOCKER, properties[i], &words, NULL) < 0 ||
		    words.count == 0)
			continue;
		text = shown(&words);
		if (i < 2)
			strv_addf(&g->facts->docker.restart_brings, "%s= of " DOCKER " runs: %s",
				  properties[i], text);
		else
			strv_addf(&g->facts->docker.restart_runs,
				  "%s= of " DOCKER " runs again by the restart: %s", properties[i],
				  text);
	}
}

/* With KillMode=process only dockerd itself is signalled; else all that is in its group. */
static void gather_group(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *mode = NULL, *group = NULL;
	struct containers all;

	if (bus_service_text(g->bus, DOCKER, "KillMode", &mode, NULL) < 0 ||
	    bus_service_text(g->bus, DOCKER, "ControlGroup", &group, NULL) < 0 || !*group ||
	    strcmp(mode, "process") == 0 || strcmp(mode, "none") == 0)
		return;
	if (!containers_get(&d->containers, &all))
		return; /* a restart is held where they are not known */
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].pid > 0 && proc_is_within(all.items[i].pid, group))
			strv_addf(&d->restart_brings,
				  "KillMode=%s of " DOCKER " ends container %s, which is in its "
				  "group",
				  mode, container_label(&all.items[i]));
	if (shims_within(group) > 0)
		strv_addf(&d->restart_brings,
			  "KillMode=%s of " DOCKER " ends the containers' shims, which are in its "
			  "group",
			  mode);
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

void gather_restart(struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);

	if (!g->bus || !u || !u->exists || !unit_is_up(u->active))
		return;
	gather_reload(g);
	gather_dependents(g);
	gather_hooks(g);
	gather_group(g);
}
