#include "modules/common/audit-loader.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/model/unit-states.h"
#include "modules/unit/texts.h"

/* The names in a directory; false: it is there, and cannot be looked at. */
static bool children(const struct view *v, const char *directory, struct strv *ret)
{
	int r = view_children(v, directory, ret, NULL);

	return r >= 0 || r == -ENOENT || r == -ENOTDIR;
}

/* Adds what the directory pulls in, where it is one of such links. */
static bool add_pulled(const struct view *v, const char *directory, const char *name,
		       struct strv *pulled)
{
	CLEANUP(freep) char *links = NULL;

	if (!ends_with(name, ".wants") && !ends_with(name, ".requires"))
		return true;
	links = path_join(directory, name);
	return children(v, links, pulled);
}

static bool is_unit(const char *name)
{
	static const char *const kinds[] = {".service", ".socket", ".timer", ".path",
					    ".target",  ".mount",  ".swap",  ".automount"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (ends_with(name, kinds[i]))
			return true;
	return false;
}

/* All units by their files and drop-ins, and what is pulled in by links. */
static bool list_units(const struct view *v, struct strv *units, struct strv *pulled)
{
	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		if (!children(v, unit_directories[i], &names))
			return false;
		for (size_t k = 0; k < names.count; k++) {
			size_t stem = stem_length(names.items[k], ".d");
			CLEANUP(freep)
			char *name = xasprintf("%.*s", stem ? (int)stem : -1, names.items[k]);

			if (is_unit(name))
				strv_add_once(units, name);
			if (!add_pulled(v, unit_directories[i], names.items[k], pulled))
				return false;
		}
	}
	return true;
}

/* By its whole name, or by a pattern over its directory. */
static bool names_file(const char *text, const char *path)
{
	CLEANUP(freep) char *all = xasprintf("%.*s*", (int)(path_name(path) - path), path);

	return strstr(text, path) || strstr(text, all);
}

/* An instance is pulled in by its own name. */
static bool is_pulled(const struct strv *pulled, const char *service)
{
	size_t n = strcspn(service, "@");

	for (size_t i = 0; i < pulled->count; i++)
		if (service[n] ? strncmp(pulled->items[i], service, n + 1) == 0
			       : strcmp(pulled->items[i], service) == 0)
			return true;
	return false;
}

/* Of the lines that name another unit, those that start nothing. */
static bool only_orders(const char *line)
{
	static const char *const keys[] = {"After",         "Before", "Conflicts", "PartOf",
					   "Documentation", "Alias",  "#",         ";"};

	line += strspn(line, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (starts_with(line, keys[i]))
			return true;
	return false;
}

/* Wants=, OnFailure=, Unit=, or a command. */
static bool starts(const char *text, const char *service)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) char *name = NULL;
	const char *at = strchr(service, '@');

	/* an instance by its own name */
	name = at ? xstrndup(service, (size_t)(at - service) + 1) : xstrdup(service);
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (strstr(lines.items[i], name) && !only_orders(lines.items[i]))
			return true;
	return false;
}

/* A timer, a path or a socket of its own name does without naming it. */
static bool is_started(const struct view *v, const struct strv *units, const char *service)
{
	static const char *const triggers[] = {".timer", ".path", ".socket"};
	size_t stem = stem_length(service, ".service");

	for (size_t i = 0; i < ARRAY_SIZE(triggers); i++) {
		CLEANUP(freep) char *own = xasprintf("%.*s%s", (int)stem, service, triggers[i]);

		if (strv_contains(units, own))
			return true;
	}
	for (size_t i = 0; i < units->count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		if (strcmp(units->items[i], service) != 0 &&
		    unit_texts(v, units->items[i], &text) && starts(buf_str(&text), service))
			return true;
	}
	return false;
}

bool audit_file_is_loaded(const struct view *v, const char *path)
{
	CLEANUP(strv_clear) struct strv units = {0}, pulled = {0};

	if (!list_units(v, &units, &pulled))
		return true;
	for (size_t i = 0; i < units.count; i++) {
		const char *name = units.items[i];
		CLEANUP(buf_clear) struct buf text = {0};

		if (ends_with(name, ".service") && unit_texts(v, name, &text) &&
		    names_file(buf_str(&text), path) &&
		    (is_pulled(&pulled, name) || !strstr(buf_str(&text), "[Install]") ||
		     is_started(v, &units, name)))
			return true;
	}
	return false;
}
