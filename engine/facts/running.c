#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/facts/witness.h"
#include "engine/format/daemon-info.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/secret.h"
#include "engine/host/ask/docker-log.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"
#include "engine/model/docker-paths.h"

/* Puts it unless a better source has spoken already. */
static void offer(struct settings *now, const char *key, const char *value,
		  enum setting_source source, const char *where)
{
	if (!settings_find(now, key))
		settings_put(now, key, value, source, where);
}

static void take_flags(struct gather *g, const struct unit_facts *u, struct settings *ret_flags)
{
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0};
	struct docker_facts *d = &g->facts->docker;

	if (proc_cmdline(u->main_pid, &args, NULL) < 0 || args.count == 0)
		return;
	strv_remove(&args, 0);
	daemon_flags_parse(&args, &keys, &values, NULL);
	d->now_flags_known = true;
	for (size_t i = 0; i < keys.count; i++) {
		strv_add_once(&d->now_flags, keys.items[i]);
		settings_put(&d->now_flag_values, keys.items[i], values.items[i], SOURCE_FLAG,
			     "flag of the running dockerd");
		settings_put(ret_flags, keys.items[i], values.items[i], SOURCE_FLAG,
			     "flag of the running dockerd");
	}
}

static bool take_witness(struct gather *g, const struct unit_facts *u, struct witness *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};

	return g->witness_file && observe_content(g->root, g->witness_file, &text, NULL) >= 0 &&
	       witness_parse(&text, u->invocation_id, ret, NULL) > 0;
}

/* The config file that the running daemon was told of; it may differ from the next start's. */
static char *running_config(const struct settings *flags)
{
	const struct setting *s = settings_find(flags, "config-file");
	char *path = s && s->value ? json_value_to_string(s->value) : NULL;

	return path ? path : xstrdup(DEFAULT_CONFIG_FILE);
}

static bool same_config(struct gather *g, const struct settings *flags)
{
	CLEANUP(freep) char *path = running_config(flags), *canonical = NULL;
	struct node node = {0};
	bool same = observe(g->root, path, 0, &node, &canonical, NULL) >= 0 &&
		    strcmp_null(canonical, g->facts->docker.config_file) == 0;

	node_clear(&node);
	return same;
}

static void offer_all(struct settings *now, const struct settings *from, enum setting_source only)
{
	for (size_t i = 0; i < from->count; i++)
		if (from->items[i].source == only)
			offer(now, from->items[i].key, from->items[i].value, only,
			      from->items[i].where);
}

/* Whether a config file of this engine could have set the key. */
static bool may_be_in_file(const struct daemon_key *k, const char *version)
{
	static const char *const flags_only[] = {"config-file", "help", "validate", "version"};

	for (size_t i = 0; i < ARRAY_SIZE(flags_only); i++)
		if (strcmp(k->key, flags_only[i]) == 0)
			return false;
	return !version || ((!k->since || engine_version_compare(version, k->since) >= 0) &&
			    (!k->removed || engine_version_compare(version, k->removed) < 0));
}

/* Of a daemon whose file changed since its start nothing is known that nobody else has told. */
static void offer_unknown(struct docker_facts *d, const char *why)
{
	const struct daemon_key *key;

	for (size_t i = 0; (key = daemon_key_at(i)); i++)
		if (may_be_in_file(key, d->version))
			offer(&d->now, key->key, NULL, SOURCE_UNKNOWN, why);
	for (size_t i = 0; i < d->next.count; i++)
		if (d->next.items[i].source == SOURCE_FILE)
			offer(&d->now, d->next.items[i].key, NULL, SOURCE_UNKNOWN, why);
}

static void offer_file(struct gather *g, const struct settings *flags, const struct moment *start)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *why = NULL;

	d->other_config = !same_config(g, flags);
	if (d->other_config)
		why = xstrdup("the running daemon has another config file than the next start");
	else if (d->file_error)
		why = xstrdup(d->file_error);
	else
		why = config_changed_since(g, d->config_file, start);
	if (why)
		offer_unknown(d, why);
	else
		offer_all(&d->now, &d->next, SOURCE_FILE);
}

/* What dockerd said that it had after its last reload. Of what it did not say nothing is known. */
static void offer_reloaded(struct settings *now, const json_t *logged, const char *key)
{
	const json_t *value = json_object_get(logged, key);
	CLEANUP(freep)
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	if (text)
		offer(now, key, text, SOURCE_WITNESS, "its log, at its last reload");
	else
		offer(now, key, NULL, SOURCE_UNKNOWN, "its file may have been reloaded");
}

static bool is_reloadable(const char *key)
{
	const struct daemon_key *k = daemon_key_find(key);

	return k && k->activation != KEY_RESTART;
}

/*
 * A file that is not the one that we knew may have been reloaded since, by anybody, who need not have
 * told: what we remember of the keys that a reload brings is then no more what dockerd has.
 */
void take_reloaded(struct docker_facts *d, const struct settings *remembered, const char *log)
{
	CLEANUP(json_decrefp) json_t *logged = log ? json_loads(log, 0, NULL) : NULL;

	for (size_t i = 0; i < d->next.count; i++) {
		const struct setting *next = &d->next.items[i];
		const struct setting *was = settings_find(remembered, next->key);

		if (next->source == SOURCE_FILE && is_reloadable(next->key) &&
		    !(was && was->value && next->value && json_value_same(was->value, next->value)))
			offer_reloaded(&d->now, logged, next->key);
	}
	for (size_t i = 0; i < remembered->count; i++) {
		const struct daemon_key *k = daemon_key_find(remembered->items[i].key);

		if (k && k->activation == KEY_RELOAD_RESETS && !settings_find(&d->next, k->key))
			offer_reloaded(&d->now, logged, k->key);
	}
}

/*
 * That a daemon runs is the proof that it starts with its file and flags; not of what they have
 * become since, which may well be what it would not start with.
 */
static char *find_untried(struct gather *g, const struct settings *flags,
			  const struct witness *witness, const struct moment *start)
{
	const struct docker_facts *d = &g->facts->docker;
	const char *config = d->config_digest ? d->config_digest : WITNESS_NO_CONFIG;

	if (!same_config(g, flags))
		return xstrdup("its config file is another than the running daemon's");
	if (strcmp_null(witness->config, config) == 0)
		return NULL;
	return config_changed_since(g, d->config_file, start);
}

/* A wrapper most likely passes the same flags again: no key of them may come into the file. */
static void expect_same_flags(struct facts *f, pid_t pid)
{
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0}, texts = {0};

	if (proc_cmdline(pid, &args, NULL) < 0 || args.count == 0)
		return;
	strv_remove(&args, 0);
	daemon_flags_parse(&args, &keys, &values, &texts);
	for (size_t i = 0; i < keys.count; i++) {
		struct daemon_flag *flag = facts_add_flag(f);

		flag->key = xstrdup(keys.items[i]);
		flag->value = xstrdup(values.items[i]);
		flag->text = xstrdup(texts.items[i]);
		settings_put(&f->docker.next, keys.items[i], values.items[i], SOURCE_FLAG,
			     "flag of the running dockerd");
	}
}

/* The API tells that user namespaces are on; for whom, only the other sources know. */
static void settle_userns(struct docker_facts *d)
{
	const struct setting *s = settings_find(&d->now, "userns-remap");

	if (d->not_measured || !daemon_info_has_option(d, "userns"))
		return;
	if (!s || !s->value || strcmp(s->value, "\"\"") == 0)
		settings_put(&d->now, "userns-remap", NULL, SOURCE_UNKNOWN,
			     "dockerd remaps users, and does not tell to whom");
}

static void find_data_root(struct docker_facts *d)
{
	const struct setting *s = settings_find(&d->next, "data-root");

	if (!d->data_root && s && s->value)
		d->data_root = json_value_to_string(s->value);
	if (!d->data_root)
		d->data_root = xstrdup(DOCKER_DEFAULT_ROOT);
}

/* 1: it left its membership there; 0: it did not; negative: that cannot be looked at. */
static int left_swarm(const struct gather *g, const char *root)
{
	CLEANUP(freep) char *path = xasprintf("%s/swarm/docker-state.json", root);
	CLEANUP(node_clear) struct node node = {0};
	int r = observe(g->root, path, 0, &node, NULL, NULL);

	if (r < 0 || node.kind == NODE_UNKNOWN)
		return -EIO;
	return node.kind != NODE_ABSENT;
}

/* A daemon that cannot be asked still left its membership behind, with remapped users in UID.GID. */
static void find_swarm(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv children = {0};
	CLEANUP(freep) char *unsure = NULL;
	int member, r;

	if (d->swarm)
		return;
	unsure = data_root_unsure(g, d->data_root);
	member = unsure ? -EIO : left_swarm(g, d->data_root);
	r = observe_children(g->root, d->data_root, &children, NULL);
	if (member == 0 && r < 0 && r != -ENOENT)
		member = r;
	for (size_t i = 0; member == 0 && i < children.count; i++) {
		CLEANUP(freep) char *root = xasprintf("%s/%s", d->data_root, children.items[i]);

		if (is_remapped_root(children.items[i]))
			member = left_swarm(g, root);
	}
	/* of a config file that cannot be read nobody knows which data root it names */
	if (member > 0 || (member == 0 && !d->file_error))
		d->swarm = xstrdup(member ? "active" : "inactive");
}

/*
 * dockerd itself is the judge of its config file: what it said when it last gave up counts, unless
 * the file or a unit's changed since. "dockerd --validate" takes much that a start does not.
 */
static void find_start_error(struct gather *g, const struct unit_facts *u)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *words = NULL, *changed = NULL;
	struct moment when = {0};

	if (d->running || d->elsewhere || !u || !u->start_failed || u->need_daemon_reload)
		return;
	words = docker_log_start_failure(&when);
	changed = words ? config_changed_since(g, d->config_file, &when) : NULL;
	if (words && !changed)
		d->start_error = secret_hide(words);
}

static void settings_empty(struct settings *s)
{
	settings_clear(s);
}

void gather_running(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	CLEANUP(settings_empty) struct settings flags = {0};
	CLEANUP(witness_clear) struct witness witness = {0};
	bool known;

	if (d->running && u && u->main_pid) {
		const struct moment start = unit_started(u);
		CLEANUP(freep) char *exe = NULL;

		/* After an upgrade the running program has no name any more: "... (deleted)". */
		if (proc_exe(u->main_pid, &exe, NULL, NULL) >= 0 && path_exists(g, exe))
			str_replace(&d->dockerd, exe);
		take_flags(g, u, &flags);
		offer_all(&d->now, &flags, SOURCE_FLAG);
		if (d->start_unknown)
			expect_same_flags(g->facts, u->main_pid);
		known = take_witness(g, u, &witness);
		d->untried = find_untried(g, &flags, &witness, &start);
		if (known && d->untried) {
			CLEANUP(freep) char *log = docker_log_reloaded(u->started_usec);

			take_reloaded(d, &witness.settings, log);
		}
		if (known)
			offer_all(&d->now, &witness.settings, SOURCE_WITNESS);
		else
			offer_file(g, &flags, &start);
		settle_userns(d);
	}
	find_start_error(g, u);
	find_data_root(d);
	find_swarm(g);
}
