#include "engine/next/boot-set.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"
#include "engine/format/format.h"
#include "engine/format/unit-specifiers.h"

#define START "default.target"

/* The first that has a unit's file counts; drop-ins and links are of all. */
static const char *const directories[] = {
	"/etc/systemd/system",           "/run/systemd/generator.early", "/run/systemd/generator",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",      "/lib/systemd/system",
	"/run/systemd/generator.late",
};

/* "getty@tty1.service" has the file and the drop-ins of "getty@.service", too; NULL: it is of no template. */
static char *template_of(const char *unit)
{
	const char *at = strchr(unit, '@'), *kind = strrchr(unit, '.');

	return at && kind && kind > at + 1 ? xasprintf("%.*s%s", (int)(at - unit) + 1, unit, kind)
					   : NULL;
}

static char *file_in_directories(const struct view *v, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(freep) char *path = path_join(directories[i], name);

		if (view_is_masked(v, path) || view_is_there(v, path))
			return TAKE_PTR(path);
	}
	return NULL;
}

char *boot_unit_file(const struct view *v, const char *unit)
{
	CLEANUP(freep) char *template = template_of(unit);
	char *path = file_in_directories(v, unit);

	return path || !template ? path : file_in_directories(v, template);
}

/* A file without a byte in it masks as well. */
static bool is_empty(const struct view *v, const char *path)
{
	CLEANUP(buf_clear) struct buf text = {0};

	return view_content(v, path, &text, NULL) >= 0 && text.len == 0;
}

char *boot_unit_mask(const struct view *v, const char *unit)
{
	CLEANUP(freep) char *path = boot_unit_file(v, unit);

	return path && (view_is_masked(v, path) || is_empty(v, path)) ? TAKE_PTR(path) : NULL;
}

static void dropins_of(const struct view *v, const char *name, struct strv *ret)
{
	for (size_t i = ARRAY_SIZE(directories); i-- > 0;) {
		CLEANUP(freep) char *directory = xasprintf("%s/%s.d", directories[i], name);
		CLEANUP(strv_clear) struct strv names = {0};

		if (view_children(v, directory, &names, NULL) >= 0)
			path_add_matching(ret, directory, &names, "*.conf");
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(path_name(*(char *const *)a), path_name(*(char *const *)b));
}

/* The unit's file, and its drop-ins in the order of their names; of one name the strongest directory's. */
static void files_of(const struct view *v, const char *unit, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv dropins = {0};
	CLEANUP(freep) char *file = boot_unit_file(v, unit), *template = template_of(unit);

	if (file)
		strv_add(ret, file);
	if (template)
		dropins_of(v, template, &dropins);
	dropins_of(v, unit, &dropins);
	if (dropins.count)
		qsort(dropins.items, dropins.count, sizeof(*dropins.items), compare_names);
	for (size_t i = 0; i < dropins.count; i++)
		if (i + 1 == dropins.count ||
		    strcmp(path_name(dropins.items[i]), path_name(dropins.items[i + 1])) != 0)
			strv_add(ret, dropins.items[i]);
}

static void take_lines(const char *unit, const char *value, const char *file, struct strv *ret,
		       struct strv *ret_files)
{
	for (const char *line = value; line;) {
		const char *end = strchr(line, '\n');
		CLEANUP(freep)
		char *one = xstrndup(line, end ? (size_t)(end - line) : strlen(line));
		CLEANUP(freep) char *put = unit_specifiers_put(one, unit);

		line = end ? end + 1 : NULL;
		if (!*one) {
			strv_clear(ret);
			if (ret_files)
				strv_clear(ret_files);
			continue;
		}
		strv_add(ret, put ? put : one);
		if (ret_files)
			strv_add(ret_files, file);
	}
}

void boot_unit_values(const struct view *v, const char *unit, const char *key, struct strv *ret,
		      struct strv *ret_files)
{
	CLEANUP(strv_clear) struct strv files = {0};

	files_of(v, unit, &files);
	for (size_t i = 0; i < files.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(freep) char *value = NULL;

		if (view_content(v, files.items[i], &text, NULL) >= 0 &&
		    format_get(&text, subject_of(SCHEME_UNIT, key), &value, NULL) > 0)
			take_lines(unit, value, files.items[i], ret, ret_files);
	}
}

static void add(struct boot_set *s, const char *unit)
{
	if (map_get(&s->places, unit))
		return;
	strv_add(&s->units, unit);
	map_put(&s->places, unit, s);
}

/* "graphical.target.wants/docker.service" */
static void add_links(const struct view *v, const char *unit, struct boot_set *s)
{
	static const char *const kinds[] = {"wants", "requires", "upholds"};

	for (size_t i = 0; i < ARRAY_SIZE(directories) * ARRAY_SIZE(kinds); i++) {
		CLEANUP(freep)
		char *directory = xasprintf("%s/%s.%s", directories[i / ARRAY_SIZE(kinds)], unit,
					    kinds[i % ARRAY_SIZE(kinds)]);
		CLEANUP(strv_clear) struct strv names = {0};

		if (view_children(v, directory, &names, NULL) < 0)
			continue;
		for (size_t k = 0; k < names.count; k++)
			add(s, names.items[k]);
	}
}

static void add_keys(const struct view *v, const char *unit, struct boot_set *s)
{
	static const char *const keys[] = {"Unit/Wants", "Unit/Requires", "Unit/BindsTo",
					   "Unit/Upholds"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CLEANUP(strv_clear) struct strv lines = {0};

		boot_unit_values(v, unit, keys[i], &lines, NULL);
		for (size_t k = 0; k < lines.count; k++) {
			CLEANUP(strv_clear) struct strv names = {0};

			strv_split(&names, lines.items[k], " \t");
			for (size_t j = 0; j < names.count; j++)
				add(s, names.items[j]);
		}
	}
}

/* Most units want these, without a word in their files (systemd.special(7)). */
static void add_defaults(struct boot_set *s)
{
	static const char *const names[] = {"sysinit.target", "basic.target", "sockets.target",
					    "timers.target",  "paths.target", "local-fs.target"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		add(s, names[i]);
}

/* The name behind a link that is another name for a unit: "default.target" is mostly one. */
static void add_alias(const struct view *v, const char *file, const char *unit, struct boot_set *s)
{
	CLEANUP(freep) char *path = NULL;

	if (view_resolve(v, file, &path, NULL) >= 0 && !path_is_mask(path) &&
	    strcmp(path_name(path), unit) != 0 && !strchr(path_name(path), '@'))
		add(s, path_name(path));
}

void boot_set_read(const struct view *v, struct boot_set *ret)
{
	CLEANUP(freep) char *first = boot_unit_file(v, START);

	if (!first) {
		ret->unknown = xstrdup("there is no " START);
		return;
	}
	add(ret, START);
	add_defaults(ret);
	for (size_t i = 0; i < ret->units.count; i++) {
		CLEANUP(freep) char *unit = xstrdup(ret->units.items[i]);
		CLEANUP(freep) char *file = boot_unit_file(v, unit);
		CLEANUP(freep) char *mask = file ? boot_unit_mask(v, unit) : NULL;

		if (!file || mask)
			continue;
		add_alias(v, file, unit, ret);
		add_links(v, unit, ret);
		add_keys(v, unit, ret);
	}
}

bool boot_set_has(const struct boot_set *s, const char *unit)
{
	return map_get(&s->places, unit) != NULL;
}

void boot_set_clear(struct boot_set *s)
{
	strv_clear(&s->units);
	map_clear(&s->places, NULL);
	free(s->unknown);
	*s = (struct boot_set){0};
}
