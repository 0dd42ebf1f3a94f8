#include "tests/cases/facts-yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/baseline/scalar-type.h"
#include "engine/baseline/yaml-json.h"
#include "engine/baseline/yaml-parse.h"
#include "engine/baseline/yaml-tree.h"
#include "engine/facts/gather.h"
#include "tests/cases/facts-rows.h"

#define DEFAULT_DAY 1767225600 /* 2026-01-01 */

static const struct row flag_rows[] = {
	ROW(daemon_flag, ROW_TEXT, key),      ROW(daemon_flag, ROW_TEXT, value),
	ROW(daemon_flag, ROW_TEXT, text),     ROW(daemon_flag, ROW_TEXT, file),
	ROW(daemon_flag, ROW_TEXT, variable), {0},
};

static const struct row watched_rows[] = {
	ROW(watched_path, ROW_TEXT, path),
	ROW(watched_path, ROW_TEXT, brings),
	{0},
};

static const struct row waiting_rows[] = {
	ROW(waiting_key, ROW_TEXT, key),
	ROW(waiting_key, ROW_TEXT, brings),
	ROW(waiting_key, ROW_BOOL, by_reload),
	{0},
};

static const struct row docker_rows[] = {
	ROW(docker_facts, ROW_TEXT, unsupported),
	ROW(docker_facts, ROW_TEXT, version),
	ROW(docker_facts, ROW_TEXT, not_measured),
	ROW(docker_facts, ROW_BOOL, running),
	ROW(docker_facts, ROW_TEXT, config_file),
	ROW(docker_facts, ROW_BOOL, config_explicit),
	ROW(docker_facts, ROW_TEXT, dockerd),
	ROW(docker_facts, ROW_TEXT, data_root),
	ROW(docker_facts, ROW_LIST, now_flags),
	ROW(docker_facts, ROW_LIST, conflicts),
	ROW(docker_facts, ROW_TEXT, file_error),
	ROW(docker_facts, ROW_TEXT, start_error),
	ROW(docker_facts, ROW_TEXT, untried),
	ROW(docker_facts, ROW_TEXT, start_unknown),
	ROW(docker_facts, ROW_TEXT, no_reload),
	ROW(docker_facts, ROW_TEXT, no_room),
	ROW(docker_facts, ROW_TEXT, no_restart),
	ROW(docker_facts, ROW_TEXT, no_socket_restart),
	ROW(docker_facts, ROW_LIST, cut_off),
	ROW(docker_facts, ROW_LIST, restart_brings),
	ROW(docker_facts, ROW_BOOL, flags_move),
	ROW(docker_facts, ROW_LIST, restart_runs),
	ROW(docker_facts, ROW_LIST, api_sockets),
	ROW(docker_facts, ROW_LIST, reload_brings),
	ROW(docker_facts, ROW_LIST, dockerd_reload_brings),
	ROW(docker_facts, ROW_LIST, goes_along),
	ROW(docker_facts, ROW_LIST, may_end),
	ROW(docker_facts, ROW_TEXT, driver),
	ROW(docker_facts, ROW_BOOL, image_store),
	ROW(docker_facts, ROW_TEXT, swarm),
	ROW(docker_facts, ROW_TEXT, swarm_majority),
	ROW(docker_facts, ROW_LIST, security_options),
	ROW(docker_facts, ROW_LIST, insecure_registries),
	ROW(docker_facts, ROW_LIST, tcp_listeners),
	ROW(docker_facts, ROW_LIST, tcp_unlisted),
	ROW(docker_facts, ROW_LIST, tcp_open),
	ROW(docker_facts, ROW_LIST, tcp_connected),
	ROW(docker_facts, ROW_COUNT, images),
	ROW(docker_facts, ROW_COUNT, volumes),
	ROW(docker_facts, ROW_COUNT, networks),
	ROW(docker_facts, ROW_COUNT, plugins),
	ROW(docker_facts, ROW_LIST, enabled_plugins),
	ROW(docker_facts, ROW_LIST, log_drivers),
	ROW(docker_facts, ROW_TEXT, bridge_icc),
	ROW(docker_facts, ROW_TEXT, kernel_modules),
	ROW(docker_facts, ROW_TEXT, user_namespaces),
	ROW(docker_facts, ROW_TEXT, sockets_unread),
	ROW(docker_facts, ROW_TEXT, tcp_unknown),
	ROW(docker_facts, ROW_BOOL, tcp_clients_read),
	ROW(docker_facts, ROW_LIST, tcp_clients),
	ROW(docker_facts, ROW_BOOL, talks_read),
	ROW(docker_facts, ROW_TEXT, talks_unread),
	ROW(docker_facts, ROW_TEXT, images_size),
	ROW(docker_facts, ROW_LIST, volume_sizes),
	{0},
};

static const struct row unit_rows[] = {
	ROW(unit_facts, ROW_LIST, names),
	ROW(unit_facts, ROW_BOOL, exists),
	ROW(unit_facts, ROW_TEXT, active),
	ROW(unit_facts, ROW_TEXT, fragment),
	ROW(unit_facts, ROW_LIST, dropins),
	ROW(unit_facts, ROW_LIST, unloadable),
	ROW(unit_facts, ROW_LIST, environment_files),
	ROW(unit_facts, ROW_TEXT, exec_start),
	ROW(unit_facts, ROW_TEXT, exec_start_file),
	ROW(unit_facts, ROW_TEXT, listen_group),
	ROW(unit_facts, ROW_TEXT, listen_mode),
	ROW(unit_facts, ROW_INT, main_pid),
	ROW(unit_facts, ROW_TEXT, invocation_id),
	ROW(unit_facts, ROW_UNSIGNED, restarts),
	ROW(unit_facts, ROW_BOOL, need_daemon_reload),
	{0},
};

static const struct row audit_rows[] = {
	ROW(audit_facts, ROW_TEXT, not_measured),
	ROW(audit_facts, ROW_BOOL, installed),
	ROW(audit_facts, ROW_INT, enabled),
	ROW(audit_facts, ROW_INT, failure),
	ROW(audit_facts, ROW_LIST, kernel_rules),
	ROW(audit_facts, ROW_UNSIGNED, major),
	{0},
};

static const struct row facts_rows[] = {
	ROW(facts, ROW_TEXT, hostname),      ROW(facts, ROW_TEXT, machine_id),
	ROW(facts, ROW_TEXT, boot_id),       ROW(facts, ROW_TEXT, os),
	ROW(facts, ROW_TEXT, kernel),        ROW(facts, ROW_TEXT, mounts),
	ROW(facts, ROW_BOOL, root),          ROW(facts, ROW_BOOL, offline),
	ROW(facts, ROW_TEXT, no_systemd),    ROW(facts, ROW_TEXT, program),
	ROW(facts, ROW_TEXT, not_installed), {0},
};

static int read_settings(const struct job *job, const struct tree_node *mapping,
			 struct settings *ret, struct error *err)
{
	if (mapping->kind != TREE_MAPPING)
		return rows_wrong(job->tree, mapping, "a mapping", err);
	for (size_t i = 0; i < mapping->count; i += 2) {
		CLEANUP(freep) char *json = NULL;
		const struct tree_node *value = &mapping->items[i + 1];
		int r = tree_to_json(job->tree, value, &json, err);

		if (r < 0)
			return r;
		settings_put(ret, mapping->items[i].text, rows_is_null(value) ? NULL : json,
			     SOURCE_API, "Engine API");
	}
	return 0;
}

static int read_unknown(const struct job *job, const struct tree_node *list, struct settings *ret,
			struct error *err)
{
	CLEANUP(strv_clear) struct strv keys = {0};
	int r = rows_read_list(job->tree, list, &keys, err);

	for (size_t i = 0; r == 0 && i < keys.count; i++)
		settings_put(ret, keys.items[i], NULL, SOURCE_UNKNOWN, "config file");
	return r;
}

static void *add_flag(void *facts)
{
	return facts_add_flag(facts);
}

static void *add_watched(void *facts)
{
	return facts_add_watched(facts);
}

static void *add_waiting(void *facts)
{
	return facts_add_waiting(facts);
}

/* What the table of docker's rows has not; `into` is then the facts' docker, the first of them. */
static int read_docker_key(const struct job *job, const struct tree_node *key,
			   const struct tree_node *value, struct error *err)
{
	struct docker_facts *d = job->into;
	struct facts *f = (struct facts *)((char *)d - offsetof(struct facts, docker));
	const struct job whole = {.tree = job->tree, .into = f};
	int install;

	if (strcmp(key->text, "now") == 0)
		return read_settings(job, value, &d->now, err);
	if (strcmp(key->text, "now_unknown") == 0)
		return read_unknown(job, value, &d->now, err);
	if (strcmp(key->text, "next_flags") == 0)
		return rows_read_items(&whole, value, flag_rows, NULL, add_flag, err);
	if (strcmp(key->text, "waiting") == 0)
		return rows_read_items(&whole, value, waiting_rows, NULL, add_waiting, err);
	if (strcmp(key->text, "watched") == 0)
		return rows_read_items(&whole, value, watched_rows, NULL, add_watched, err);
	if (strcmp(key->text, "containers") == 0)
		return read_containers(&whole, value, err);
	if (strcmp(key->text, "answers") == 0)
		return value->kind == TREE_SCALAR ? read_answers(value->text, f, err)
						  : rows_wrong(job->tree, value, "a name", err);
	if (strcmp(key->text, "container_host") == 0)
		return read_container_host(job, value, &d->container_host, err);
	if (strcmp(key->text, "install") != 0)
		return tree_error(job->tree, key, err, "unknown key '%s'", key->text);
	install = value->kind == TREE_SCALAR ? docker_install_from_string(value->text) : -EINVAL;
	if (install < 0)
		return rows_wrong(job->tree, value, "a kind of install", err);
	d->install = (enum docker_install)install;
	return 0;
}

static int read_unit(const struct job *job, const struct tree_node *key,
		     const struct tree_node *value, struct error *err)
{
	struct unit_facts *unit = NULL;
	struct facts *f = job->into;

	for (size_t i = 0; i < f->nunits; i++)
		if (strcmp(f->units[i].name, key->text) == 0)
			unit = &f->units[i];
	if (!unit) {
		unit = facts_add_unit(f, key->text);
		unit->exists = true;
	}
	return rows_read_mapping(&(struct job){.tree = job->tree, .rows = unit_rows, .into = unit},
				 value, err);
}

/* "NAME: active", or "NAME: { active: active, dependents: [...] }" */
static int read_unit_state(const struct job *job, const struct tree_node *key,
			   const struct tree_node *value, struct error *err)
{
	static const struct row rows[] = {
		ROW(unit_state, ROW_TEXT, active),
		ROW(unit_state, ROW_LIST, dependents),
		ROW(unit_state, ROW_LIST, conflicts),
		{0},
	};
	struct facts *f = job->into;
	struct unit_state *state = unit_states_put(&f->unit_states, key->text, "active");

	if (value->kind == TREE_SCALAR) {
		str_replace(&state->active, value->text);
		return 0;
	}
	return rows_read_mapping(&(struct job){.tree = job->tree, .rows = rows, .into = state},
				 value, err);
}

static const struct row firewall_rows[] = {
	ROW(firewall_facts, ROW_TEXT, not_measured),
	ROW(firewall_facts, ROW_TEXT, manager),
	ROW(firewall_facts, ROW_LIST, bridges),
	ROW(firewall_facts, ROW_LIST, ingress),
	ROW(firewall_facts, ROW_TEXT, published_unknown),
	ROW(firewall_facts, ROW_LIST, peers),
	{0},
};

/* Chains by their names: "api: TEXT". */
static int read_firewall_key(const struct job *job, const struct tree_node *key,
			     const struct tree_node *value, struct error *err)
{
	struct firewall_facts *f = job->into;

	if (strcmp(key->text, "chains") != 0 || value->kind != TREE_MAPPING)
		return tree_error(job->tree, key, err, "unknown key '%s'", key->text);
	for (size_t i = 0; i < value->count; i += 2)
		firewall_add(f, value->items[i].text)->text = xstrdup(value->items[i + 1].text);
	return 0;
}

static int read_place(const struct job *job, const struct tree_node *key,
		      const struct tree_node *value, struct error *err)
{
	static const struct row rows[] = {
		ROW(place, ROW_TEXT, absent),
		ROW(place, ROW_TEXT, unknown),
		{0},
	};
	struct facts *f = job->into;
	struct place *place = NULL;

	for (size_t i = 0; i < f->nplaces; i++)
		if (strcmp(f->places[i].name, key->text) == 0)
			place = &f->places[i];
	if (!place)
		place = facts_add_place(f, key->text);
	free(TAKE_PTR(place->absent));
	if (value->kind == TREE_LIST)
		return rows_read_list(job->tree, value, &place->paths, err);
	return rows_read_mapping(&(struct job){.tree = job->tree, .rows = rows, .into = place},
				 value, err);
}

/* "2026-12-08" */
static int read_day(const struct job *job, const struct tree_node *value, int64_t *ret,
		    struct error *err)
{
	struct tm day = {0};
	const char *end =
		value->kind == TREE_SCALAR ? strptime(value->text, "%Y-%m-%d", &day) : NULL;

	if (!end || *end)
		return rows_wrong(job->tree, value, "a day", err);
	*ret = timegm(&day);
	return 0;
}

static int read_facts_key(const struct job *job, const struct tree_node *key,
			  const struct tree_node *value, struct error *err)
{
	static const struct row none[] = {{0}};
	struct facts *f = job->into;
	struct job part = {.tree = job->tree, .rows = none, .into = f};

	if (strcmp(key->text, "gather") == 0)
		return 0;
	if (strcmp(key->text, "today") == 0)
		return read_day(job, value, &f->today, err);
	if (strcmp(key->text, "images") == 0)
		return read_images(job, value, &f->images, err);
	if (strcmp(key->text, "swarm") == 0)
		return read_swarm(job, value, &f->swarm, err);
	if (strcmp(key->text, "docker") == 0)
		part = (struct job){job->tree, docker_rows, &f->docker, read_docker_key};
	else if (strcmp(key->text, "audit") == 0)
		part = (struct job){job->tree, audit_rows, &f->audit, NULL};
	else if (strcmp(key->text, "units") == 0)
		part.also = read_unit;
	else if (strcmp(key->text, "unit_states") == 0)
		part.also = read_unit_state;
	else if (strcmp(key->text, "firewall") == 0)
		part = (struct job){job->tree, firewall_rows, &f->firewall, read_firewall_key};
	else if (strcmp(key->text, "places") == 0)
		part.also = read_place;
	else
		return tree_error(job->tree, key, err, "unknown key '%s'", key->text);
	return rows_read_mapping(&part, value, err);
}

/* A sandbox that plays a running host: what was left out because it runs not is forgotten. */
static int gather(struct facts *f, const struct root *root, struct error *err)
{
	int r = facts_gather(f, root, NULL, 0, err);

	if (r < 0)
		return r;
	f->offline = false;
	str_replace(&f->no_systemd, NULL);
	str_replace(&f->unit_states.not_measured, NULL);
	str_replace(&f->firewall.not_measured, NULL);
	str_replace(&f->program, NULL);
	str_replace(&f->not_installed, NULL);
	str_replace(&f->docker.not_measured, NULL);
	str_replace(&f->audit.not_measured, NULL);
	settings_clear(&f->docker.now);
	container_list_clear(&f->docker.containers);
	return 0;
}

/* A daemon that was not asked told of nothing: what a case does not say of it is not known. */
static void settle_unknown(struct docker_facts *d)
{
	struct count *const counts[] = {&d->images, &d->volumes, &d->networks, &d->plugins};
	size_t n;

	if (!d->not_measured)
		return;
	if (d->containers.known && d->containers.nseen == 0)
		containers_unknown(&d->containers, d->not_measured);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		if (count_get(counts[i], &n) && n == 0)
			count_unknown(counts[i], d->not_measured);
}

static int read_tree(struct facts *f, const struct tree *tree, const struct root *root,
		     struct error *err)
{
	const struct tree_node *value =
		tree->root.kind == TREE_MAPPING ? tree_get(&tree->root, "gather") : NULL;
	const struct job job = {tree, facts_rows, f, read_facts_key};
	bool wanted = false;
	int r = value ? rows_read_bool(tree, value, &wanted, err) : 0;

	f->root = true;
	if (r == 0 && wanted)
		r = gather(f, root, err);
	if (r < 0)
		return r;
	f->parts = ~0U; /* what is not named is known not to be there */
	containers_known(&f->docker.containers);
	count_set(&f->docker.images, 0);
	count_set(&f->docker.volumes, 0);
	count_set(&f->docker.networks, 0);
	count_set(&f->docker.plugins, 0);
	f->today = DEFAULT_DAY;
	f->audit.enabled = 1;
	if (!f->docker.config_file)
		f->docker.config_file = xstrdup("/etc/docker/daemon.json");
	r = rows_read_mapping(&job, &tree->root, err);
	settle_unknown(&f->docker);
	read_answered_layers(f, root);
	return r;
}

int facts_from_yaml(struct facts *ret, const char *file, const struct buf *text,
		    const struct root *root, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	int r = tree_parse(&tree, file, text->data, text->len, err);

	if (r == 0)
		r = read_tree(ret, &tree, root, err);
	if (r < 0)
		facts_clear(ret);
	return r;
}
