#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"

/*
 * Commands that systemd runs at dockerd's start, end and reload beside dockerd: whatever they do to
 * containers happens at harden's restart, too. Those that the distribution ships are part of
 * Docker as everybody has it.
 */

#define DOCKER "docker.service"

static bool is_shipped(const struct unit_facts *u, const char *file)
{
	return u->fragment && strcmp(file, u->fragment) == 0 &&
	       (starts_with(file, "/usr/lib/systemd/") || starts_with(file, "/lib/systemd/"));
}

static void files_of(const struct gather *g, const char *property, struct strv *ret)
{
	CLEANUP(freep) char *key = xasprintf("Service/%s", property);
	CLEANUP(strv_clear) struct strv lines = {0};

	unit_assignments_from(g, facts_unit(g->facts, DOCKER), key, &lines, ret);
}

/* Whether somebody else than the distribution sets the property, or it is not found who. */
static bool is_of_others(const struct gather *g, const char *property)
{
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);
	CLEANUP(strv_clear) struct strv files = {0};

	files_of(g, property, &files);
	for (size_t i = 0; i < files.count; i++)
		if (!is_shipped(u, files.items[i]))
			return true;
	return files.count == 0;
}

/*
 * The program and the files that have the line; the caller frees it. What stands behind the program
 * may hold a secret in any form, and is nobody's business.
 */
static char *shown(const struct gather *g, const char *property, const struct strv *words)
{
	CLEANUP(strv_clear) struct strv files = {0}, once = {0};
	CLEANUP(freep) char *list = NULL;

	files_of(g, property, &files);
	for (size_t i = 0; i < files.count; i++)
		strv_add_once(&once, files.items[i]);
	list = strv_join(&once, "', '");
	return once.count ? xasprintf("%s ('%s')", words->items[0], list)
			  : xstrdup(words->items[0]);
}

static bool is_kill(const char *program)
{
	static const char *const names[] = {"kill", "/bin/kill", "/usr/bin/kill"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(program, names[i]) == 0)
			return true;
	return false;
}

/* SIGHUP to dockerd and nothing else, in the ways to write that. */
static bool only_tells_dockerd(const struct strv *words)
{
	static const char *const ways[] = {"-s HUP",  "-s SIGHUP",    "-HUP",
					   "-SIGHUP", "-n 1",         "-1",
					   "-s 1",    "--signal HUP", "--signal=HUP"};
	CLEANUP(strv_clear) struct strv middle = {0};
	CLEANUP(freep) char *way = NULL;
	const char *last = words->count ? words->items[words->count - 1] : "";

	if (words->count < 3 || !is_kill(words->items[0]) ||
	    (strcmp(last, "$MAINPID") != 0 && strcmp(last, "${MAINPID}") != 0))
		return false;
	for (size_t i = 1; i + 1 < words->count; i++)
		strv_add(&middle, words->items[i]);
	way = strv_join(&middle, " ");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (strcmp(way, ways[i]) == 0)
			return true;
	return false;
}

static void gather_reload_hook(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *text = NULL;

	if (bus_commands(g->bus, DOCKER, "ExecReload", &words, &err) < 0) {
		strv_addf(&d->dockerd_reload_brings,
			  "what ExecReload= of " DOCKER " runs could not be asked: %s",
			  error_text(&err));
		return;
	}
	if (words.count == 0 || only_tells_dockerd(&words) || !is_of_others(g, "ExecReload"))
		return;
	text = shown(g, "ExecReload", &words);
	strv_addf(&d->dockerd_reload_brings,
		  "a reload of dockerd is more than a SIGHUP for it: ExecReload= of " DOCKER
		  " runs: %s",
		  text);
}

/* The distribution's ran at each boot, and is told; that of others may do anything to what runs. */
static void gather_start_hook(struct gather *g, const char *property)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *text = NULL;

	if (bus_commands(g->bus, DOCKER, property, &words, NULL) < 0 || words.count == 0)
		return;
	text = shown(g, property, &words);
	strv_addf(is_of_others(g, property) ? &d->restart_brings : &d->restart_runs,
		  "%s= of " DOCKER " runs again by the restart: %s", property, text);
	if (is_of_others(g, property))
		restart_takes_commands(g, DOCKER, property, &words);
}

static void gather_stop_hook(struct gather *g, const char *property)
{
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *text = NULL;

	if (bus_commands(g->bus, DOCKER, property, &words, NULL) < 0 || words.count == 0)
		return;
	text = shown(g, property, &words);
	strv_addf(&g->facts->docker.restart_brings, "%s= of " DOCKER " runs: %s", property, text);
	restart_takes_commands(g, DOCKER, property, &words);
}

void gather_hooks(struct gather *g)
{
	gather_stop_hook(g, "ExecStop");
	gather_stop_hook(g, "ExecStopPost");
	gather_start_hook(g, "ExecCondition");
	gather_start_hook(g, "ExecStartPre");
	gather_start_hook(g, "ExecStartPost");
	gather_reload_hook(g);
}
