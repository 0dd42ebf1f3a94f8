#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/facts/parts.h"
#include "engine/format/format.h"
#include "engine/format/unit-specifiers.h"
#include "engine/host/read/observe.h"

#define SETTLE_STEP_MS 100
#define SETTLE_MS 5000
#define STILL_MS 1000

/* An empty line in a key's value takes back what stands before it (systemd.syntax(7)). */
static void take_lines(const char *value, const char *file, struct strv *ret,
		       struct strv *ret_files)
{
	for (const char *line = value; line;) {
		const char *end = strchr(line, '\n');
		size_t n = end ? (size_t)(end - line) : strlen(line);

		if (n == 0) {
			strv_clear(ret);
			strv_clear(ret_files);
		} else {
			strv_add_n(ret, line, n);
			strv_add(ret_files, file);
		}
		line = end ? end + 1 : NULL;
	}
}

static void file_assignments(const struct gather *g, const char *file, const char *key,
			     struct strv *ret, struct strv *ret_files)
{
	CLEANUP(freep) char *value = NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	if (observe_content(g->root, file, &text, NULL) < 0)
		return;
	if (format_get(&text, subject_of(SCHEME_UNIT, key), &value, NULL) > 0)
		take_lines(value, file, ret, ret_files);
}

void unit_assignments_from(const struct gather *g, const struct unit_facts *u, const char *key,
			   struct strv *ret, struct strv *ret_files)
{
	if (u->fragment)
		file_assignments(g, u->fragment, key, ret, ret_files);
	for (size_t i = 0; i < u->dropins.count; i++)
		file_assignments(g, u->dropins.items[i], key, ret, ret_files);
}

void unit_assignments(const struct gather *g, const struct unit_facts *u, const char *key,
		      struct strv *ret)
{
	CLEANUP(strv_clear) struct strv files = {0};

	unit_assignments_from(g, u, key, ret, &files);
}

/* "x@.socket" of "x@2375.socket", allocated; NULL: it is no instance. */
static char *template_of(const char *unit)
{
	const char *at = strchr(unit, '@'), *kind = strrchr(unit, '.');

	return at && kind > at + 1 ? xasprintf("%.*s%s", (int)(at - unit) + 1, unit, kind) : NULL;
}

static void find_fragment(const struct gather *g, struct unit_facts *u)
{
	CLEANUP(freep) char *template = template_of(u->name);

	for (size_t i = 0; unit_directories[i] && !u->fragment; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", unit_directories[i], u->name);

		if (path_exists(g, path))
			u->fragment = TAKE_PTR(path);
	}
	for (size_t i = 0; template && unit_directories[i] && !u->fragment; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", unit_directories[i], template);

		if (path_exists(g, path))
			u->fragment = TAKE_PTR(path);
	}
	u->exists = u->fragment != NULL;
}

/* Elsewhere are generated and transient files, which the disk's directories say nothing of. */
static bool is_in_unit_directory(const char *path)
{
	for (size_t i = 0; unit_directories[i]; i++)
		if (path_is_below(path, unit_directories[i]))
			return true;
	return false;
}

/* systemd has a link to another unit for a second name of that one, and reads the drop-ins of both. */
static void find_alias(const struct gather *g, struct unit_facts *u)
{
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *path = NULL;
	const char *kind = strrchr(u->name, '.');

	if (u->fragment && kind && observe(g->root, u->fragment, 0, &node, &path, NULL) >= 0 &&
	    is_in_unit_directory(path) && ends_with(path_name(path), kind))
		strv_add_once(&u->names, path_name(path));
}

/* A drop-in's name counts once: the strongest directory that has it wins. */
static void list_dropins(const struct gather *g, const char *of, struct strv *names,
			 struct strv *ret)
{
	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(freep) char *directory = xasprintf("%s/%s.d", unit_directories[i], of);
		CLEANUP(strv_clear) struct strv children = {0};

		observe_children(g->root, directory, &children, NULL);
		for (size_t k = 0; k < children.count; k++) {
			const char *name = children.items[k], *dot = strrchr(name, '.');

			if (!dot || strcmp(dot, ".conf") != 0 || strv_contains(names, name))
				continue;
			strv_add(names, name);
			strv_addf(ret, "%s/%s/%s", name, directory + 1, name);
		}
	}
}

/* Those of the unit, by each of its names, and then those of all units of its kind ("service.d"). */
static void find_dropins(const struct gather *g, struct unit_facts *u)
{
	CLEANUP(strv_clear) struct strv names = {0}, paths = {0};
	CLEANUP(freep) char *template = template_of(u->name);
	const char *kind = strrchr(u->name, '.');

	list_dropins(g, u->name, &names, &paths);
	if (template)
		list_dropins(g, template, &names, &paths);
	for (size_t i = 0; i < u->names.count; i++)
		if (strcmp(u->names.items[i], u->name) != 0)
			list_dropins(g, u->names.items[i], &names, &paths);
	if (kind)
		list_dropins(g, kind + 1, &names, &paths);
	strv_sort(&paths); /* by name, which stands in front; the path begins at the slash */
	for (size_t i = 0; i < paths.count; i++)
		strv_add(&u->dropins, strchr(paths.items[i], '/'));
}

static bool hides(const char *loaded, const char *path)
{
	return !is_in_unit_directory(loaded) && strcmp(path_name(loaded), path_name(path)) == 0;
}

bool unit_reads(const struct gather *g, const struct unit_facts *loaded, const char *path)
{
	if (loaded->fragment && observe_is_same(g->root, loaded->fragment, path))
		return true;
	for (size_t i = 0; i < loaded->dropins.count; i++)
		if (hides(loaded->dropins.items[i], path) ||
		    observe_is_same(g->root, loaded->dropins.items[i], path))
			return true;
	return false;
}

/*
 * systemd says that it has to read a unit again where a file that it has loaded changed. A first
 * drop-in, in a directory that is new, it does not miss (seen with 252), nor a unit file that goes
 * before the loaded one (252 and 257).
 */
bool unit_has_unread_files(const struct gather *g, const struct unit_facts *u)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	struct unit_facts *disk = facts_add_unit(&scratch, u->name);

	strv_copy(&disk->names, &u->names);
	find_fragment(g, disk);
	find_alias(g, disk);
	find_dropins(g, disk);
	if (disk->fragment && u->fragment && is_in_unit_directory(u->fragment) &&
	    !unit_reads(g, u, disk->fragment))
		return true;
	for (size_t i = 0; i < disk->dropins.count; i++)
		if (!unit_reads(g, u, disk->dropins.items[i]))
			return true;
	return false;
}

static char *last_item(const struct strv *v)
{
	return v->count ? xstrdup(v->items[v->count - 1]) : NULL;
}

static void read_environment_files(const struct gather *g, struct unit_facts *u)
{
	CLEANUP(strv_clear) struct strv files = {0};

	unit_assignments(g, u, "Service/EnvironmentFile", &files);
	for (size_t i = 0; i < files.count; i++) {
		const char *path = files.items[i] + (files.items[i][0] == '-');
		CLEANUP(freep) char *put = unit_specifiers_put(path, u->name);

		strv_add(&u->environment_files, put ? put : path);
	}
}

char *unit_environment_unknown(const struct gather *g, const struct unit_facts *u)
{
	CLEANUP(strv_clear) struct strv files = {0};

	unit_assignments(g, u, "Service/EnvironmentFile", &files);
	for (size_t i = 0; i < files.count; i++) {
		const char *path = files.items[i] + (files.items[i][0] == '-');
		CLEANUP(freep) char *put = unit_specifiers_put(path, u->name);

		if (!put && strv_contains(&u->environment_files, path))
			return xasprintf("%s has 'EnvironmentFile=%s', of which only systemd knows "
					 "what file that is",
					 u->name, files.items[i]);
	}
	return NULL;
}

void unit_on_disk(const struct gather *g, struct unit_facts *u)
{
	CLEANUP(strv_clear) struct strv starts = {0}, groups = {0}, modes = {0};

	find_fragment(g, u);
	if (!u->exists)
		return;
	find_alias(g, u);
	find_dropins(g, u);
	unit_assignments(g, u, "Service/ExecStart", &starts);
	unit_assignments(g, u, "Socket/SocketGroup", &groups);
	unit_assignments(g, u, "Socket/SocketMode", &modes);
	read_environment_files(g, u);
	u->exec_start = last_item(&starts);
	u->listen_group = last_item(&groups);
	u->listen_mode = last_item(&modes);
}

static void find_exec_start_file(const struct gather *g, struct unit_facts *u)
{
	CLEANUP(strv_clear) struct strv starts = {0}, files = {0};

	if (!u->exec_start)
		return;
	unit_assignments_from(g, u, "Service/ExecStart", &starts, &files);
	u->exec_start_file = last_item(&files);
}

/* What the running process was given, whatever the unit's files say since. */
static void read_open_files(struct unit_facts *u)
{
	static const char title[] = "Max open files";
	CLEANUP(buf_clear) struct buf text = {0};
	unsigned long soft, hard;
	const char *line;

	if (u->main_pid <= 0 || !process_file(u->main_pid, "limits", &text, NULL))
		return;
	line = strstr(buf_str(&text), title);
	if (line && sscanf(line + strlen(title), "%lu %lu", &soft, &hard) == 2)
		u->open_files = xasprintf("%lu:%lu", soft, hard);
}

/*
 * A dockerd on its way up or down soon is what can be told of: it is waited for, but not for long. One
 * that the look before this one has found so is not waited for again.
 */
static int ask_unit(struct gather *g, struct unit_facts *u, struct error *err)
{
	const struct timespec step = {.tv_nsec = SETTLE_STEP_MS * 1000000L};
	bool is_docker = strcmp(u->name, "docker.service") == 0;
	int most_ms = !is_docker ? 0 : g->facts->docker.silent ? STILL_MS : SETTLE_MS;
	int r = bus_unit(g->bus, u->name, u, err);

	for (int ms = 0; r >= 0 && ms < most_ms && u->exists && unit_phase_of(u) == UNIT_BETWEEN;
	     ms += SETTLE_STEP_MS) {
		nanosleep(&step, NULL);
		unit_facts_renew(u);
		r = bus_unit(g->bus, u->name, u, err);
	}
	return r;
}

struct unit_facts *gather_unit(struct gather *g, const char *name)
{
	struct unit_facts *u = facts_add_unit(g->facts, name);
	CLEANUP(error_clear) struct error err = {0};

	if (g->bus && ask_unit(g, u, &err) < 0) {
		str_replace(&g->facts->no_systemd, error_text(&err));
		bus_free(g->bus);
		g->bus = NULL;
	}
	if (!g->bus)
		unit_on_disk(g, u);
	else if (u->exists)
		u->need_daemon_reload |= unit_has_unread_files(g, u);
	find_exec_start_file(g, u);
	if (!g->facts->offline)
		read_open_files(u);
	return u;
}

void gather_units(struct gather *g)
{
	CLEANUP(error_clear) struct error err = {0};

	if (g->facts->offline)
		g->facts->no_systemd = xstrdup("this is not the running system");
	else if (bus_open(&g->bus, &err) < 0)
		g->facts->no_systemd = xstrdup(error_text(&err));
	if (g->bus)
		bus_keep_objects(g->bus);
	for (size_t i = 0; facts_units[i]; i++)
		gather_unit(g, facts_units[i]);
}

void gather_unit_states(struct gather *g)
{
	CLEANUP(error_clear) struct error err = {0};
	struct unit_states *states = &g->facts->unit_states;

	if (!(g->facts->parts & FACTS_UNIT_STATES))
		states->not_measured = xstrdup("systemd was not asked for its units");
	else if (!g->bus)
		states->not_measured = xstrdup(g->facts->no_systemd);
	else if (bus_units(g->bus, states, &err) < 0)
		str_replace(&states->not_measured, error_text(&err));
}
