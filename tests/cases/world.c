#include "tests/cases/world.h"
#include "tests/subject-text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/gather.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/observe.h"
#include "tests/cases/facts-yaml.h"
#include "tests/cases/files.h"

static const char *key_of(struct subject subject, enum scheme scheme)
{
	return subject.scheme == scheme ? subject.key : NULL;
}

static bool is_true(const char *json)
{
	return json && strcmp(json, "true") == 0;
}

/* NULL, null and the engine's default are all the same to a daemon. */
static const char *effective(const char *key, const char *value)
{
	const struct daemon_key *k = daemon_key_find(key);

	if (value && strcmp(value, "null") != 0)
		return value;
	return k ? k->def : NULL;
}

static bool same_setting(const char *key, const char *a, const char *b)
{
	a = effective(key, a);
	b = effective(key, b);
	return a && b ? json_value_same(a, b) : a == b;
}

/* A limit without its name breaks containers, not the daemon's start. */
static int check_file(const struct world *w, const struct buf *text, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	int r = daemon_file_check(text, w->facts.docker.version, NULL, NULL, &why);

	if (r >= 0 || strstr(error_text(&why), "has no Name"))
		return 0;
	return error_set(err, r, "%s", error_text(&why));
}

/* What stands in the config file, as it is now. */
static int file_settings(const struct world *w, struct settings *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv keys = {0};
	CLEANUP(strv_clear) struct strv values = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int r = observe_content(w->root, w->facts.docker.config_file, &text, NULL);

	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = check_file(w, &text, err);
	if (r >= 0)
		r = daemon_file_settings(&text, w->facts.docker.version, &keys, &values, err);
	for (size_t i = 0; r >= 0 && i < keys.count; i++)
		settings_put(ret, keys.items[i], values.items[i], SOURCE_FILE, NULL);
	return r < 0 ? error_wrap(err, r, "dockerd refuses its config file") : 0;
}

/* Lays the flags of the next start over them; in both places is what dockerd refuses. */
static int add_flags(const struct world *w, struct settings *ret, struct error *err)
{
	CLEANUP(facts_clear) struct facts now = {0};
	int r = facts_gather(&now, w->root, NULL, 0, err);

	for (size_t i = 0; r >= 0 && i < now.docker.nnext_flags; i++) {
		const struct daemon_flag *f = &now.docker.next_flags[i];
		const struct setting *s = settings_find(ret, f->key);

		if (s && s->source == SOURCE_FILE && strcmp(f->key, "runtimes") != 0)
			return error_set(err, -EIO,
					 "dockerd refuses '%s' both as a flag and in its file",
					 f->key);
		s = settings_find(&now.docker.next, f->key);
		settings_put(ret, f->key, s ? s->value : f->value, SOURCE_FLAG, NULL);
	}
	return r < 0 ? r : 0;
}

static const char *value_of(const struct settings *s, const char *key)
{
	const struct setting *setting = settings_find(s, key);

	return setting ? setting->value : NULL;
}

/* A reload reads the file alone, and leaves some keys as they are when they are not in it. */
static const char *value_after(const struct world *w, const struct settings *read, const char *key,
			       bool reload)
{
	const struct daemon_key *k = daemon_key_find(key);
	const char *value = value_of(read, key);

	if (reload && k && k->activation == KEY_RESTART)
		return value_of(&w->facts.docker.now, key);
	if (reload && !value && k && k->activation == KEY_RELOAD)
		return value_of(&w->facts.docker.now, key);
	return value;
}

static int take_setting(struct world *w, const struct settings *read, const struct effect *e,
			bool reload, struct error *err)
{
	const char *key = key_of(e->subject, SCHEME_DOCKER);
	const char *value;

	if (!key || e->pending)
		return 0;
	value = value_after(w, read, key, reload);
	if (!same_setting(key, value, e->after))
		return error_set(err, -EIO, "the daemon then has %s = %s, not %s", key,
				 value ? value : "(not set)", e->after ? e->after : "(not set)");
	settings_put(&w->facts.docker.now, key, e->after, SOURCE_API, "Engine API");
	if (strcmp(key, "icc") == 0 && w->facts.docker.bridge_icc)
		str_replace(&w->facts.docker.bridge_icc, effective(key, e->after));
	return 0;
}

/* Containers live through a restart when live-restore is in force before it and is read again. */
static int check_containers(const struct world *w, const struct settings *read, struct error *err)
{
	bool lives = is_true(value_of(&w->facts.docker.now, "live-restore")) &&
		     is_true(value_of(read, "live-restore"));

	size_t running;

	if (lives || (containers_running(&w->facts.docker.containers, &running) &&
		      (running == 0 || w->plan->stopped.count == running)))
		return 0;
	return error_set(err, -EIO, "the restart kills containers of which the plan tells nothing");
}

static bool is_off(const struct settings *read, const char *key)
{
	const char *value = effective(key, value_of(read, key));

	return value && strcmp(value, "false") == 0;
}

/* What dockerd only finds out when it starts. */
static int check_start(const struct world *w, const struct settings *read, struct error *err)
{
	const char *swarm = w->facts.docker.swarm;

	if (is_off(read, "icc") && is_off(read, "iptables"))
		return error_set(err, -EIO, "dockerd refuses icc=false with iptables=false");
	if (is_true(value_of(read, "live-restore")) && swarm && strcmp(swarm, "inactive") != 0)
		return error_set(err, -EIO, "dockerd refuses live-restore on a swarm member");
	return 0;
}

static int run_docker(struct world *w, const struct effects *towards, bool reload,
		      struct error *err)
{
	CLEANUP(settings_clear) struct settings read = {0};
	int r = file_settings(w, &read, err);

	if (r >= 0 && !reload)
		r = add_flags(w, &read, err);
	if (r >= 0 && !reload)
		r = check_start(w, &read, err);
	if (r >= 0 && !reload)
		r = check_containers(w, &read, err);
	for (size_t i = 0; r >= 0 && i < towards->count; i++)
		r = take_setting(w, &read, &towards->items[i], reload, err);
	return r;
}

static void run_audit(struct world *w, const struct effects *towards)
{
	struct strv *rules = &w->facts.audit.kernel_rules;

	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *rule = key_of(e->subject, SCHEME_RULE);

		if (!rule || e->pending)
			continue;
		if (e->after)
			strv_add_once(rules, rule);
		for (size_t k = rules->count; !e->after && k > 0; k--)
			if (strcmp(rules->items[k - 1], rule) == 0)
				strv_remove(rules, k - 1);
	}
}

static void run_systemd(struct world *w, const struct effects *towards)
{
	for (size_t i = 0; i < towards->count; i++) {
		const char *unit = key_of(towards->items[i].subject, SCHEME_UNIT);

		if (unit)
			strv_add_once(&w->reread, unit);
	}
}

/* Starts only what has a file by then, as the root stands. */
static int run_units(struct world *w, const struct effects *towards, struct error *err)
{
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *unit = key_of(e->subject, SCHEME_STATE);
		bool up = e->after && strcmp(e->after, "active") == 0;
		CLEANUP(node_clear) struct node node = {0};

		if (!unit)
			continue;
		for (size_t k = 0; up && unit_directories[k] && node.kind != NODE_FILE; k++) {
			CLEANUP(freep) char *path = xasprintf("%s/%s", unit_directories[k], unit);

			observe(w->root, path, 0, &node, NULL, NULL);
		}
		if (up && node.kind != NODE_FILE)
			return error_set(err, -EIO, "systemd has no unit '%s'", unit);
		unit_states_put(&w->facts.unit_states, unit, e->after ? e->after : "inactive");
	}
	return 0;
}

/* A chain that goes is one without text. */
static void run_firewall(struct world *w, const struct effects *towards)
{
	for (size_t i = 0; i < towards->count; i++) {
		const char *name = key_of(towards->items[i].subject, SCHEME_CHAIN);
		struct firewall_facts *f = &w->facts.firewall;
		size_t k = 0;

		while (name && k < f->nchains && strcmp(f->chains[k].name, name) != 0)
			k++;
		if (name)
			str_replace(k < f->nchains ? &f->chains[k].text
						   : &firewall_add(f, name)->text,
				    towards->items[i].after);
	}
}

static void note(struct world *w, enum handler handler, const struct effects *towards)
{
	strv_add(&w->log, handler_to_string(handler));
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];

		strv_addf(&w->log, "  %s: %s%s", subject_shown(e->subject),
			  e->after ? e->after : "(not set)", e->pending ? " (pending)" : "");
	}
}

static int run(struct effector *e, enum handler handler, const struct effects *towards,
	       struct error *err)
{
	struct world *w = (struct world *)e;

	note(w, handler, towards);
	switch (handler) {
	case HANDLER_SYSTEMD_RELOAD:
		run_systemd(w, towards);
		return 0;
	case HANDLER_UNIT_STATE:
		return run_units(w, towards, err);
	case HANDLER_FIREWALL:
		run_firewall(w, towards);
		return 0;
	case HANDLER_AUDIT_RULES:
		run_audit(w, towards);
		return 0;
	case HANDLER_DOCKER_RELOAD:
	case HANDLER_DOCKER_RESTART:
		return run_docker(w, towards, handler == HANDLER_DOCKER_RELOAD, err);
	case HANDLER_DOCKER_SOCKET:
		return run_docker(w, towards, false, err);
	case HANDLER_NONE:
	case HANDLER_SYSCTL:
	case HANDLER_COUNT:
		break;
	}
	return 0;
}

static int health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		  struct error *err)
{
	return 0;
}

static void settle(struct world *w)
{
	CLEANUP(settings_clear) struct settings read = {0};
	struct docker_facts *d = &w->facts.docker;

	if (!d->running || d->not_measured || file_settings(w, &read, NULL) < 0)
		return;
	for (size_t i = 0; i < read.count; i++)
		if (!settings_find(&d->now, read.items[i].key))
			settings_put(&d->now, read.items[i].key, read.items[i].value, SOURCE_API,
				     "Engine API");
}

int world_open(struct world *w, const char *file, const struct root *root, struct error *err)
{
	static const struct effector_ops ops = {.run = run, .health = health};
	int r;

	*w = (struct world){.effector = {.ops = &ops}, .root = root, .file = xstrdup(file)};
	r = read_whole(file, &w->yaml, err);
	if (r >= 0)
		r = facts_from_yaml(&w->facts, file, &w->yaml, root, err);
	if (r >= 0)
		settle(w);
	return r;
}

void world_close(struct world *w)
{
	free(w->file);
	buf_clear(&w->yaml);
	facts_clear(&w->facts);
	strv_clear(&w->reread);
	strv_clear(&w->log);
}

/* What runs goes over from the facts that were to those that are. */
static void keep_in_force(const struct world *w, struct facts *was, struct facts *is)
{
	settings_clear(&is->docker.now);
	is->docker.now = was->docker.now;
	was->docker.now = (struct settings){0};
	firewall_clear(&is->firewall);
	is->firewall = was->firewall;
	was->firewall = (struct firewall_facts){0};
	unit_states_clear(&is->unit_states);
	is->unit_states = was->unit_states;
	was->unit_states = (struct unit_states){0};
	str_replace(&is->docker.bridge_icc, was->docker.bridge_icc);
	strv_copy(&is->audit.kernel_rules, &was->audit.kernel_rules);
	for (size_t i = 0; i < is->nunits; i++) {
		struct unit_facts *unit = &is->units[i];

		if (!strv_contains(&w->reread, unit->name))
			continue;
		unit->need_daemon_reload = false; /* what is loaded is what the files say */
		str_replace(&unit->listen_mode, NULL);
		str_replace(&unit->listen_group, NULL);
	}
}

int world_refresh(struct world *w, struct error *err)
{
	struct facts fresh = {0};
	int r = facts_from_yaml(&fresh, w->file, &w->yaml, w->root, err);

	if (r < 0)
		return r;
	keep_in_force(w, &w->facts, &fresh);
	facts_clear(&w->facts);
	w->facts = fresh;
	return 0;
}

/* Keys of `keys` in which the two worlds differ, and that `have` has not from its files. */
static void compare_settings(const struct settings *keys, const struct settings *want,
			     const struct world *have, struct strv *ret)
{
	CLEANUP(settings_clear) struct settings read = {0};

	file_settings(have, &read, NULL);
	add_flags(have, &read, NULL);
	for (size_t i = 0; i < keys->count; i++) {
		const char *key = keys->items[i].key;
		const char *value = value_of(&have->facts.docker.now, key);
		const char *wanted = value_of(want, key);

		if (!same_setting(key, wanted, value) &&
		    !same_setting(key, value_of(&read, key), value))
			strv_addf(ret, "in force is %s = %s, not %s", key,
				  value ? value : "(not set)", wanted ? wanted : "(not set)");
	}
}

static void compare_units(const struct unit_states *want, const struct unit_states *have,
			  struct strv *ret)
{
	for (size_t i = 0; i < have->count; i++) {
		const struct unit_state *now = &have->items[i];
		const struct unit_state *was = unit_states_find(want, now->name);

		if (unit_is_up(now->active) != (was && unit_is_up(was->active)))
			strv_addf(ret, "%s is %s, and was %s", now->name, now->active,
				  was ? was->active : "inactive");
	}
}

static void compare_chains(const struct firewall_facts *want, const struct firewall_facts *have,
			   struct strv *ret)
{
	for (size_t i = 0; i < have->nchains; i++) {
		const struct firewall_chain *now = &have->chains[i];
		const struct firewall_chain *was = firewall_find(want, now->name);

		if (strcmp_null(was ? was->text : NULL, now->text) != 0)
			strv_addf(ret, "the chain %s is\n%s\nand was\n%s", now->name,
				  now->text ? now->text : "(not there)",
				  was ? was->text : "(not there)");
	}
}

bool world_same_in_force(const struct world *want, const struct world *have, struct strv *ret)
{
	const struct facts *a = &want->facts, *b = &have->facts;
	size_t before = ret->count;

	compare_settings(&a->docker.now, &a->docker.now, have, ret);
	compare_settings(&b->docker.now, &a->docker.now, have, ret);
	if (strcmp_null(a->docker.bridge_icc, b->docker.bridge_icc) != 0)
		strv_addf(ret, "docker0 has enable_icc %s, not %s", b->docker.bridge_icc,
			  a->docker.bridge_icc);
	compare_chains(&a->firewall, &b->firewall, ret);
	compare_units(&a->unit_states, &b->unit_states, ret);
	if (!strv_equal(&a->audit.kernel_rules, &b->audit.kernel_rules)) {
		CLEANUP(freep) char *was = strv_join(&a->audit.kernel_rules, "\n  ");
		CLEANUP(freep) char *is = strv_join(&b->audit.kernel_rules, "\n  ");

		strv_addf(ret, "the kernel's rules are\n  %s\nnot\n  %s", is, was);
	}
	return ret->count == before;
}
