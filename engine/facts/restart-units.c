#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/unit-commands.h"
#include "engine/host/read/observe.h"
#include "engine/model/stopped.h"

/*
 * Which containers end with a unit that goes down with dockerd: live-restore does not keep what the
 * unit's own commands stop, remove or make anew. Where these are another program's, nobody knows.
 */

#define MOST_SCRIPT 65536

void restart_takes(struct gather *g, struct container *c, const char *unit)
{
	CLEANUP(freep)
	char *line = xasprintf("%s (" GOES_WITH_TEXT "%s)", container_label(c), unit);

	strv_add_once(&g->facts->docker.goes_along, line);
	if (!c->goes_with)
		c->goes_with = xstrdup(unit);
}

static bool is_called(const struct container *c, const struct strv *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp_null(c->name, names->items[i]) == 0 ||
		    (strlen(names->items[i]) >= 12 && c->id && starts_with(c->id, names->items[i])))
			return true;
	return false;
}

/* What is in a project's directory is the project's, as its scripts are. */
static bool is_in(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return n > 1 && strncmp(path, directory, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

bool restart_is_composed(const struct container *c, const struct strv *places)
{
	for (size_t i = 0; i < places->count; i++)
		for (size_t k = 0; k < c->compose_places.count; k++)
			if (is_in(places->items[i], c->compose_places.items[k]))
				return true;
	return false;
}

/* Those that run and are spoken of; whether there are any. */
static bool take_all(struct gather *g, const struct unit_commands *commands, const char *unit)
{
	struct container_list *l = &g->facts->docker.containers;
	bool any = false;

	for (size_t i = 0; l->known && i < l->nseen; i++) {
		struct container *c = &l->seen[i];

		if (!c->running || !c->name ||
		    !(is_called(c, &commands->names) || restart_is_composed(c, &commands->places) ||
		      (c->tenant && strv_contains(&commands->projects, c->tenant))))
			continue;
		restart_takes(g, c, unit);
		any = true;
	}
	return any;
}

/* One line a unit: the stop comes first. dockerd's own commands are told by hooks.c. */
static void not_known(struct gather *g, const char *unit, const char *property, const char *program)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *of = xasprintf("= of %s does to containers", unit);
	CLEANUP(freep) char *line = xasprintf("what %s%s is not known: %s", property, of, program);

	for (size_t i = 0; i < d->may_end.count; i++)
		if (strstr(d->may_end.items[i], of))
			return;
	strv_add(&d->may_end, line);
	if (!facts_is_unit(g->facts, "docker.service", unit))
		strv_add(&d->restart_brings, line);
}

/* What it names is its doing; what else it does stays unknown. */
static void read_script(const struct gather *g, const char *path, const char *directory,
			struct unit_commands *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (g->root && path[0] == '/' && observe_content(g->root, path, &text, NULL) >= 0 &&
	    text.len <= MOST_SCRIPT && starts_with(buf_str(&text), "#!"))
		unit_commands_take_script(buf_str(&text), directory, ret);
}

/* "!/srv/shop" may be missing. */
static char *directory_of(const struct gather *g, const char *unit)
{
	CLEANUP(freep) char *text = NULL;

	if (bus_service_text(g->bus, unit, "WorkingDirectory", &text, NULL) < 0)
		return NULL;
	return xstrdup(text + strspn(text, "!-"));
}

void restart_takes_commands(struct gather *g, const char *unit, const char *property,
			    const struct strv *words)
{
	CLEANUP(unit_commands_clear) struct unit_commands commands = {0};
	CLEANUP(freep) char *directory = directory_of(g, unit);
	size_t programs;

	unit_commands_take(words, directory, &commands);
	programs = commands.unclear.count;
	for (size_t i = 0; i < programs; i++) {
		CLEANUP(freep) char *path = xstrdup(commands.unclear.items[i]);

		read_script(g, path, directory, &commands);
	}
	if (directory && (commands.here || programs > 0))
		strv_add_once(&commands.places, directory);
	if (!take_all(g, &commands, unit) && commands.composes)
		strv_add_once(&commands.unclear, "docker compose");
	if (commands.unclear.count > 0)
		not_known(g, unit, property, commands.unclear.items[0]);
}

void restart_takes_client(struct gather *g, const struct strv *args, const char *unit)
{
	CLEANUP(unit_commands_clear) struct unit_commands commands = {0};

	unit_commands_take(args, NULL, &commands);
	take_all(g, &commands, unit);
}

static bool is_service(const char *unit)
{
	const char *dot = strrchr(unit, '.');

	return dot && strcmp(dot, ".service") == 0;
}

void restart_takes_unit(struct gather *g, const char *unit)
{
	static const char *const properties[] = {"ExecStop", "ExecStopPost", "ExecStartPre",
						 "ExecStart", "ExecStartPost"};

	for (size_t i = 0; is_service(unit) && i < ARRAY_SIZE(properties); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(strv_clear) struct strv words = {0};

		if (bus_commands(g->bus, unit, properties[i], &words, &err) < 0)
			not_known(g, unit, properties[i], error_text(&err));
		else
			restart_takes_commands(g, unit, properties[i], &words);
	}
}
