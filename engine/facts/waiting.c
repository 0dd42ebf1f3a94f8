#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/secret.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/*
 * What others changed and what is not in force yet, but would be by our restart of dockerd, or by
 * systemd's reading its units again: drop-ins and unit files that were written and not loaded,
 * flags and variables of the next start, a program that was replaced.
 */

static const char deleted[] = " (deleted)";

/* "--name=value", of which nobody knows what it is where dockerd has no such flag. */
static char *shown_flag(const char *flag)
{
	size_t n = strcspn(flag, "=");
	CLEANUP(freep) char *key = xstrndup(flag + 2, n - 2);

	return daemon_key_find(key) ? xstrdup(flag) : xasprintf("--%s=(hidden)", key);
}

static void without(const struct strv *a, const struct strv *b, const char *sign, struct strv *ret)
{
	for (size_t i = 0; i < a->count; i++) {
		CLEANUP(freep) char *line = shown_flag(a->items[i]);
		CLEANUP(freep) char *shown = secret_hide(line);

		if (!strv_contains(b, a->items[i]))
			strv_addf(ret, "%s %s", sign, shown);
	}
}

/* The flags as texts, of a command line without its program. */
static void flag_texts(const struct strv *args, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0}, texts = {0};

	daemon_flags_parse(args, &keys, &values, &texts);
	for (size_t i = 0; i < keys.count; i++)
		strv_addf(ret, "--%s=%s", keys.items[i], values.items[i]);
}

static void args_of_line(struct gather *g, const struct unit_facts *u, struct strv *ret)
{
	CLEANUP(environment_clear) struct environment env = {0};
	CLEANUP(words_clear) struct words words = {0};

	environment_read(g, u, &env);
	words_expand(u->exec_start, &env, &words);
	for (size_t i = 1; i < words.count; i++)
		strv_add(ret, words.items[i].text);
}

/* False: there is no telling. */
static bool args_of_process(pid_t pid, struct strv *ret)
{
	if (proc_cmdline(pid, ret, NULL) < 0 || ret->count == 0)
		return false;
	strv_remove(ret, 0);
	return true;
}

static const char *value_of(const struct strv *keys, const struct strv *values, const char *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i], key) == 0)
			return values->items[i];
	return NULL;
}

/* Of what the two command lines have otherwise `is` is asked; the key for which it says so, or NULL. */
static char *find_differing(const struct strv *now, const struct strv *then, bool image_store,
			    bool (*is)(const char *key, const char *now, const char *then,
				       bool image_store))
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0}, all = {0};
	CLEANUP(strv_clear) struct strv keys_then = {0}, values_then = {0};

	daemon_flags_parse(now, &keys, &values, NULL);
	daemon_flags_parse(then, &keys_then, &values_then, NULL);
	strv_add_all(&all, &keys);
	strv_add_all(&all, &keys_then);
	for (size_t i = 0; i < all.count; i++) {
		const char *has = value_of(&keys, &values, all.items[i]);
		const char *will = value_of(&keys_then, &values_then, all.items[i]);

		if (strcmp_null(has, will) != 0 && is(all.items[i], has, will, image_store))
			return xstrdup(all.items[i]);
	}
	return NULL;
}

static bool is_network(const char *key, const char *now, const char *then, bool image_store)
{
	const struct daemon_key *k = daemon_key_find(key);

	(void)now, (void)then, (void)image_store;
	return k && k->network;
}

bool flags_move(const struct strv *now, const struct strv *then, bool image_store)
{
	CLEANUP(freep) char *key = find_differing(now, then, image_store, daemon_key_moves);

	return key != NULL;
}

char *flags_network(const struct strv *now, const struct strv *then)
{
	return find_differing(now, then, false, is_network);
}

/* "flags: + --data-root=..., - --icc=..."; NULL where they are the same. The caller frees it. */
static char *flags_differ(struct gather *g, const struct unit_facts *next, pid_t pid)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv now = {0}, then = {0}, differences = {0};
	CLEANUP(strv_clear) struct strv args = {0}, args_then = {0};
	CLEANUP(freep) char *list = NULL;

	if (!next->exec_start || !pid)
		return NULL;
	args_of_line(g, next, &args_then);
	if (args_of_process(pid, &args)) {
		d->flags_move |= flags_move(&args, &args_then, d->image_store);
		if (!d->flags_network)
			d->flags_network = flags_network(&args, &args_then);
	}
	flag_texts(&args, &now);
	flag_texts(&args_then, &then);
	without(&then, &now, "+", &differences);
	without(&now, &then, "-", &differences);
	list = strv_join(&differences, ", ");
	return differences.count ? xasprintf("flags: %s", list) : NULL;
}

/* Among others' changes that is the one after which no container of now is seen any more. */
static void take_move(struct docker_facts *d, const char *flags, const char *text)
{
	if (flags && strstr(flags, " --data-root"))
		str_replace(&d->moves_data, text);
}

static void name_files(const struct gather *g, const struct unit_facts *loaded,
		       const struct unit_facts *disk, struct strv *ret)
{
	if (disk->fragment && !unit_reads(g, loaded, disk->fragment))
		strv_addf(ret, "'%s' is not loaded", disk->fragment);
	for (size_t i = 0; i < disk->dropins.count; i++)
		if (!unit_reads(g, loaded, disk->dropins.items[i]))
			strv_addf(ret, "'%s' is not loaded", disk->dropins.items[i]);
	for (size_t i = 0; i < loaded->dropins.count; i++)
		if (!path_exists(g, loaded->dropins.items[i]))
			strv_addf(ret, "'%s' is loaded and gone", loaded->dropins.items[i]);
	if (ret->count == 0)
		strv_addf(ret, "a file of %s changed since it was loaded", loaded->name);
}

/* A unit of which systemd says that it has not read its files as they are now. */
static void unit_waits(struct gather *g, const struct unit_facts *u)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	struct unit_facts *disk = facts_add_unit(&scratch, u->name);
	CLEANUP(strv_clear) struct strv files = {0};
	CLEANUP(freep) char *list = NULL, *flags = NULL, *text = NULL;

	strv_copy(&disk->names, &u->names);
	unit_on_disk(g, disk);
	name_files(g, u, disk, &files);
	list = strv_join(&files, ", ");
	flags = flags_differ(g, disk, strcmp(u->name, "docker.service") == 0 ? u->main_pid : 0);
	text = xasprintf("it would put in force what others changed: %s%s%s", list,
			 flags ? "; " : "", flags ? flags : "");
	strv_add(&g->facts->docker.reload_brings, text);
	strv_add(&g->facts->docker.start_brings, text);
	take_move(&g->facts->docker, flags, text);
}

/* Settings of the unit that systemd has loaded since dockerd's start: whom it runs as, its limits. */
static void settings_wait(struct gather *g, const struct unit_facts *u)
{
	const struct moment start = unit_started(u);
	CLEANUP(strv_clear) struct strv files = {0};

	if (u->fragment)
		strv_add(&files, u->fragment);
	strv_add_all(&files, &u->dropins);
	for (size_t i = 0; i < files.count; i++) {
		const char *slash = strrchr(files.items[i], '/');
		/* ours are told by their effects */
		const char *written = slash && !strstr(slash, "harden")
					      ? file_written_since(g, files.items[i], &start)
					      : NULL;

		if (written)
			strv_addf(&g->facts->docker.start_brings,
				  "it would put in force what others changed: '%s' %s after "
				  "dockerd's start",
				  files.items[i], written);
	}
}

/* Whether another file is at the path by now than the one that the process runs, or none. */
static bool is_other_program(const struct gather *g, const char *path, const struct stat *runs)
{
	CLEANUP(node_clear) struct node node = {0};

	return observe(g->root, path, 0, &node, NULL, NULL) >= 0 &&
	       (node.kind == NODE_ABSENT ||
		(node.kind == NODE_FILE && (node.dev != runs->st_dev || node.ino != runs->st_ino)));
}

static void program_waits(struct gather *g, const struct unit_facts *u)
{
	const char *program = g->facts->docker.dockerd;
	CLEANUP(freep) char *exe = NULL;
	struct stat runs;

	if (proc_exe(u->main_pid, &exe, &runs, NULL) < 0)
		return;
	if (stem_length(exe, deleted) > 0)
		exe[stem_length(exe, deleted)] = '\0';
	else if (!program || program[0] != '/' || !is_other_program(g, program, &runs))
		return;
	strv_addf(&g->facts->docker.start_brings,
		  "the next dockerd is another program than the one that runs: '%s' was replaced, "
		  "or taken away",
		  program && program[0] == '/' ? program : exe);
}

void gather_waiting(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct unit_facts *docker = facts_unit(g->facts, "docker.service");
	bool waits = false;

	for (size_t i = 0; g->bus && i < g->facts->nunits; i++) {
		const struct unit_facts *u = &g->facts->units[i];

		if (!u->exists || !u->need_daemon_reload)
			continue;
		waits |= u == docker;
		unit_waits(g, u);
	}
	if (!g->bus || !docker || !docker->main_pid || !d->running)
		return;
	if (!docker->exec_start)
		strv_add(&d->start_brings,
			 "docker.service is masked, or says no more how dockerd is started: what "
			 "runs could not be started again");
	if (!waits && !d->start_unknown) {
		CLEANUP(freep) char *flags = flags_differ(g, docker, docker->main_pid);

		if (flags) {
			strv_addf(&d->start_brings,
				  "the next dockerd has other flags than the one that runs; %s",
				  flags);
			take_move(d, flags, d->start_brings.items[d->start_brings.count - 1]);
		}
	}
	if (!waits)
		settings_wait(g, docker);
	program_waits(g, docker);
}
