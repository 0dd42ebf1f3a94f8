#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/*
 * Who else reads docker.service's config file: a dockerd of another unit, which has its own flags, and
 * starts with none of the keys that are in the file as well. Those that run are known by their
 * processes; one that died or waits for the next boot only by its unit's file.
 */

#define SERVICE "docker.service"

static char *path_of(const struct strv *keys, const struct strv *values)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i], "config-file") == 0 && values->items[i])
			return json_value_to_string(values->items[i]);
	return NULL;
}

bool reads_config(const struct gather *g, const char *path)
{
	const char *ours = g->facts->docker.config_file;

	return ours && path && (strcmp(ours, path) == 0 || observe_is_same(g->root, ours, path));
}

void config_reader_add(struct gather *g, pid_t pid, const char *unit, const char *text)
{
	CLEANUP(strv_clear) struct strv args = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct config_reader *r = facts_add_reader(g->facts);

	r->text = xstrdup(text);
	r->unit = xstrdup_null(unit);
	r->runs = true;
	if (proc_cmdline(pid, &args, &err) < 0)
		r->unknown = xstrdup(error_text(&err));
	else if (args.count == 0)
		r->unknown = xstrdup("its command line is empty");
	if (r->unknown)
		return;
	strv_remove(&args, 0);
	daemon_flags_parse(&args, &r->flags, NULL, NULL);
}

/* systemd's signs for a command's kind stand before it. */
static const char *name_of(const char *word)
{
	return path_name(word + strspn(word, "-@:+!"));
}

bool is_dockerds_name(const char *name)
{
	/* distributions have called it so, too; scripts beside it are none */
	static const char *const names[] = {"dockerd", "dockerd-current", "dockerd-latest",
					    "dockerd-ce", "dockerd-dev"};

	return is_among(name, names, ARRAY_SIZE(names));
}

static void add_unit(struct gather *g, const char *unit, const struct strv *keys, bool told)
{
	struct config_reader *r = facts_add_reader(g->facts);

	r->text = xasprintf("unit %s, at its next start", unit);
	r->unit = xstrdup(unit);
	if (told)
		strv_copy(&r->flags, keys);
	else
		r->unknown = xstrdup("its unit starts it by another program");
}

/* The words behind the program; all that is known of a wrapper is that it speaks of dockerd. */
static void take_unit(struct gather *g, const struct unit_facts *u)
{
	CLEANUP(environment_clear) struct environment env = {0};
	CLEANUP(words_clear) struct words words = {0};
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0};
	CLEANUP(freep) char *path = NULL;
	bool told;

	environment_read(g, u, &env);
	words_expand(u->exec_start, &env, &words);
	if (words.count == 0)
		return;
	told = is_dockerds_name(name_of(words.items[0].text));
	for (size_t i = 1; told && i < words.count; i++)
		strv_add(&args, words.items[i].text);
	daemon_flags_parse(&args, &keys, &values, NULL);
	path = path_of(&keys, &values);
	if ((!path || reads_config(g, path)) && (path || reads_config(g, DEFAULT_CONFIG_FILE)) &&
	    unit_is_wanted(g, u->name))
		add_unit(g, u->name, &keys, told);
}

static bool speaks_of_dockerd(const char *line)
{
	for (const char *at = line; (at = strstr(at, "dockerd")); at++)
		if ((at == line || strchr("/ -@:+!\"'", at[-1])) &&
		    !starts_with(at, "dockerd-rootless"))
			return true;
	return false;
}

/* Programs that speak of others, and start none. */
static bool only_speaks(const char *program)
{
	static const char *const speakers[] = {
		"[",       "cat",    "chmod", "chown", "echo",  "egrep",     "grep",   "head",
		"killall", "logger", "ls",    "pgrep", "pidof", "pkill",     "printf", "ps",
		"renice",  "rm",     "stat",  "tail",  "test",  "systemctl",
	};

	return is_among(program, speakers, ARRAY_SIZE(speakers));
}

/* Whether it is a program in one simple command; *ret_speaks: the command's own starts none. */
static bool has_dockerd(const char *command, bool *ret_speaks)
{
	static const char *const before[] = {"!",  "do",   "elif", "else",  "env",
					     "if", "exec", "then", "until", "while"};
	CLEANUP(strv_clear) struct strv words = {0};
	size_t first = 0;

	strv_split(&words, command, " \t");
	while (first < words.count && (is_among(words.items[first], before, ARRAY_SIZE(before)) ||
				       strchr(words.items[first], '=')))
		first++;
	*ret_speaks = first < words.count && only_speaks(name_of(words.items[first]));
	for (size_t i = first; i < words.count && !*ret_speaks; i++)
		if (is_dockerds_name(name_of(words.items[i])))
			return true;
	return false;
}

/* Whether a line of commands may start one: as it stands in ExecStart=, shell and all. */
static bool may_start_dockerd(const char *line)
{
	bool speaks = false, quoted = false;

	while (*line) {
		size_t n = strcspn(line, ";|&(){}`\n\"'");
		CLEANUP(freep) char *command = xstrndup(line, n);

		/* what is quoted behind `logger` is a text, and behind `sh -c` a command */
		if (!(quoted && speaks) && has_dockerd(command, &speaks))
			return true;
		line += n;
		quoted = *line == '"' || *line == '\'';
		line += *line != '\0';
	}
	return false;
}

static bool is_known(const struct gather *g, const char *unit)
{
	for (size_t i = 0; i < g->facts->docker.nreaders; i++)
		if (strcmp_null(g->facts->docker.readers[i].unit, unit) == 0)
			return true;
	return facts_is_unit(g->facts, SERVICE, unit);
}

/* Whether it is docker.service by another name. */
static bool is_alias(const struct gather *g, const char *path)
{
	const struct unit_facts *u = facts_unit(g->facts, SERVICE);

	return u && u->fragment && observe_is_same(g->root, u->fragment, path);
}

/* Most units are not read further than for the word. */
static void look_at(struct gather *g, const struct walk *directory, const char *name)
{
	CLEANUP(freep) char *path = path_join(directory->path, name);
	CLEANUP(facts_clear) struct facts scratch = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct unit_facts *u;

	if (observe_content_in(g->root, directory, name, &text, NULL) < 0 ||
	    !speaks_of_dockerd(buf_str(&text)) || is_known(g, name) || is_alias(g, path))
		return;
	u = facts_add_unit(&scratch, name);
	unit_on_disk(g, u); /* a stronger directory's goes before */
	if (u->exec_start && may_start_dockerd(u->exec_start))
		take_unit(g, u);
}

/* A key of the file is among the settings of docker.service's next start, or beside its flag. */
static bool file_has(const struct docker_facts *d, const char *key)
{
	const struct setting *next = settings_find(&d->next, key);

	return (next && next->source == SOURCE_FILE) || strv_contains(&d->conflicts, key);
}

/* Runtimes add up from both places. */
static void take_clashes(const struct docker_facts *d, struct config_reader *r)
{
	for (size_t i = 0; i < r->flags.count; i++)
		if (strcmp(r->flags.items[i], "runtimes") != 0 && file_has(d, r->flags.items[i]))
			strv_add(&r->clashes, r->flags.items[i]);
}

static bool is_masked(const struct gather *g, const char *unit)
{
	CLEANUP(freep) char *state = NULL;

	return g->bus && bus_load_state(g->bus, unit, &state, NULL) >= 0 &&
	       strcmp(state, "masked") == 0;
}

/* Whoever connects to one that listens has systemd start dockerd. */
static bool may_be_called(const struct gather *g)
{
	for (size_t i = 0; i < g->facts->nunits; i++)
		if (unit_opens_api(&g->facts->units[i]) &&
		    unit_is_wanted(g, g->facts->units[i].name))
			return true;
	return unit_is_wanted(g, "docker.socket"); /* whether its facts are known or not */
}

static bool is_idle(const struct gather *g)
{
	return !g->facts->docker.running &&
	       (is_masked(g, SERVICE) ||
		(!unit_is_wanted(g, SERVICE) && !unit_is_needed(g, SERVICE) && !may_be_called(g)));
}

static void find_units(struct gather *g)
{
	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(strv_clear) struct strv names = {0};
		CLEANUP(walk_clear) struct walk directory = WALK_INIT;

		if (root_look(g->root, unit_directories[i], &directory, NULL) < 0 ||
		    directory.fd < 0)
			continue;
		observe_children(g->root, unit_directories[i], &names, NULL);
		for (size_t k = 0; k < names.count; k++)
			if (ends_with(names.items[k], ".service"))
				look_at(g, &directory, names.items[k]);
	}
}

void gather_config_readers(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;

	find_units(g);
	for (size_t i = 0; i < d->nreaders; i++)
		take_clashes(d, &d->readers[i]);
	d->idle = d->nreaders > 0 && is_idle(g);
}
