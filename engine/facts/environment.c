#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/command-line.h"
#include "engine/format/environment-file.h"
#include "engine/format/unit-specifiers.h"
#include "engine/host/read/observe.h"

const struct variable *environment_find(const struct environment *env, const char *name)
{
	uintptr_t place = (uintptr_t)map_get(&env->places, name);

	return place ? &env->items[place - 1] : NULL;
}

void environment_clear(struct environment *env)
{
	for (size_t i = 0; i < env->count; i++) {
		free(env->items[i].name);
		free(env->items[i].value);
		free(env->items[i].file);
	}
	free(env->items);
	map_clear(&env->places, NULL);
	*env = (struct environment){0};
}

static void put(struct environment *env, const char *name, size_t name_len, const char *value,
		const char *file)
{
	CLEANUP(freep) char *key = xstrndup(name, name_len);
	uintptr_t place = (uintptr_t)map_get(&env->places, key);
	struct variable *v;

	if (!place) {
		v = array_append(&env->items, &env->count, sizeof(*v));
		v->name = xstrdup(key);
		place = env->count;
		map_put(&env->places, key, (void *)place);
	}
	v = &env->items[place - 1];
	str_replace(&v->value, value);
	str_replace(&v->file, file);
}

/* systemd leaves out what is not a name for a variable, like that of a line "export NAME=value". */
static bool is_name(const char *name, size_t len)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	return len > 0 && n >= len && !isdigit((unsigned char)name[0]);
}

/* A variable with other control characters than these is not passed on. */
static bool is_passed(const char *name, const char *value)
{
	for (const char *c = value; *c; c++)
		if (iscntrl((unsigned char)*c) && *c != '\t' && *c != '\n')
			return false;
	return is_name(name, strlen(name));
}

void environment_parse(const char *text, const char *file, bool joins, struct environment *ret)
{
	CLEANUP(strv_clear) struct strv names = {0}, values = {0};

	environment_file_read(text, joins, &names, &values);
	for (size_t i = 0; i < names.count; i++)
		if (is_passed(names.items[i], values.items[i]))
			put(ret, names.items[i], strlen(names.items[i]), values.items[i], file);
}

/* What hangs on the host, and its facts have; NULL: the letter stands for nothing of it, or it is not known. */
static const char *host_specifier(const struct facts *f, char letter)
{
	switch (letter) {
	case 'H':
		return f->hostname;
	case 'm':
		return f->machine_id;
	case 'v':
		return f->kernel;
	default:
		return NULL;
	}
}

/* With what systemd puts in the place of specifiers; one that is not known here stays as it is. */
static char *put_specifiers(const struct facts *f, const struct unit_facts *u, const char *text)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (const char *p = text; *p; p++) {
		const char specifier[] = {p[0], p[0] == '%' ? p[1] : '\0', '\0'};
		const char *host = p[0] == '%' ? host_specifier(f, p[1]) : NULL;
		CLEANUP(freep)
		char *put = p[0] == '%' && p[1] && !host ? unit_specifiers_put(specifier, u->name)
							 : xstrdup_null(host);

		buf_puts(&out, put ? put : specifier);
		p += specifier[1] != '\0';
	}
	return xstrdup(buf_str(&out));
}

/* "NAME=value", from a unit's file or from systemd's own environment (file: NULL). */
static void put_assignment(struct environment *env, const char *text, const char *file)
{
	const char *equals = strchr(text, '=');

	if (equals && is_name(text, (size_t)(equals - text)))
		put(env, text, (size_t)(equals - text), equals + 1, file);
}

static void read_inline(const struct gather *g, const struct unit_facts *u, struct environment *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0}, files = {0};

	unit_assignments_from(g, u, "Service/Environment", &lines, &files);
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(strv_clear) struct strv words = {0};

		if (command_line_split(lines.items[i], &words, NULL) < 0)
			continue;
		for (size_t k = 0; k < words.count; k++) {
			CLEANUP(freep) char *word = put_specifiers(g->facts, u, words.items[k]);

			put_assignment(ret, word, files.items[i]);
		}
	}
}

/* What every service gets: DefaultEnvironment=, and what was set by hand since. */
static void read_manager(const struct gather *g, struct environment *ret)
{
	CLEANUP(strv_clear) struct strv all = {0};

	if (!g->bus || bus_environment(g->bus, &all, NULL) < 0)
		return;
	for (size_t i = 0; i < all.count; i++)
		put_assignment(ret, all.items[i], NULL);
}

/* An entry of EnvironmentFile= may be a pattern. */
static void read_files(const struct gather *g, const char *pattern, bool joins,
		       struct environment *ret)
{
	CLEANUP(strv_clear) struct strv files = {0};

	observe_glob(g->root, pattern, &files);
	for (size_t i = 0; i < files.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		if (observe_content(g->root, files.items[i], &text, NULL) >= 0)
			environment_parse(buf_str(&text), files.items[i], joins, ret);
	}
}

/* Before systemd 254 a comment went on behind a backslash at its end; where that is not known, as since. */
static bool joins_comments(struct gather *g)
{
	CLEANUP(freep) char *version = package_version(g, "systemd");

	return version && atoi(version) < 254;
}

/* The last takes its place. */
static void drop(struct environment *env, struct variable *v)
{
	size_t place = (size_t)(v - env->items) + 1;

	map_put(&env->places, v->name, NULL);
	free(v->name);
	free(v->value);
	free(v->file);
	*v = env->items[--env->count];
	if (place <= env->count)
		map_put(&env->places, v->name, (void *)(uintptr_t)place);
}

/* Each entry is a name, or an assignment that goes only where the value is that one. */
static void unset(const char *entry, struct environment *env)
{
	const char *equals = strchr(entry, '=');
	CLEANUP(freep)
	char *name = xstrndup(entry, equals ? (size_t)(equals - entry) : strlen(entry));
	uintptr_t place = (uintptr_t)map_get(&env->places, name);

	if (place && (!equals || strcmp(env->items[place - 1].value, equals + 1) == 0))
		drop(env, &env->items[place - 1]);
}

static void read_unset(const struct gather *g, const struct unit_facts *u, struct environment *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0}, words = {0};

	unit_assignments(g, u, "Service/UnsetEnvironment", &lines);
	for (size_t i = 0; i < lines.count; i++)
		command_line_split(lines.items[i], &words, NULL);
	for (size_t i = 0; i < words.count; i++)
		unset(words.items[i], ret);
}

/*
 * systemd.exec(5): EnvironmentFile= overrides Environment=, later files override earlier ones, both
 * override systemd's own environment, and UnsetEnvironment= comes last.
 */
void environment_read(struct gather *g, const struct unit_facts *u, struct environment *ret)
{
	bool joins = joins_comments(g);

	read_manager(g, ret);
	read_inline(g, u, ret);
	for (size_t i = 0; i < u->environment_files.count; i++)
		read_files(g, u->environment_files.items[i], joins, ret);
	read_unset(g, u, ret);
}
