#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-info.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/daemon-place.h"
#include "engine/format/json-util.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/secret.h"
#include "engine/format/subject-key.h"
#include "engine/host/read/observe.h"

/*
 * What others wrote into dockerd's config file and did not put in force: the next restart would,
 * and of some keys the next reload. A file that is as it was at the start has nothing that waits.
 */

static const struct {
	const char *key, *then;
} consequences[] = {
	{"hosts", "the API would listen where the file says"},
	{"data-root", "every container, image and volume of now would be out of view"},
	{"storage-driver", "every container and image of now would be out of view"},
	{"userns-remap", "every container, image and volume of now would be out of view"},
	{"containerd", "containers that run would be out of view"},
	{"exec-root", "containers that run would be out of view"},
	{"authorization-plugins", "other plugins would decide on every request to the API"},
	{"live-restore", "whether containers outlive dockerd would change"},
	{"tls", "who may use the API would change"},
	{"tlsverify", "who may use the API would change"},
	{"tlscacert", "who may use the API would change"},
	{"group", "who may use the API would change"},
	{"iptables", "the packet filter of the containers would change"},
};

static const char *consequence(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(consequences); i++)
		if (strcmp(consequences[i].key, key) == 0)
			return consequences[i].then;
	return NULL;
}

static const char *or_none(const char *value)
{
	static const char *const none[] = {"null", "[]", "{}", "\"\""};

	for (size_t i = 0; value && i < ARRAY_SIZE(none); i++)
		if (strcmp(value, none[i]) == 0)
			return NULL;
	return value;
}

/* The API tells lists in an order of its own. */
static bool same_items(const char *a, const char *b)
{
	json_t *x = json_loads(a, 0, NULL), *y = json_loads(b, 0, NULL);
	bool same = json_is_array(x) && json_is_array(y) && json_items_same(x, y);

	json_decref(x);
	json_decref(y);
	return same;
}

/* The API tells where the links of a directory's name lead. */
static bool same_directory(const struct root *root, const char *a, const char *b)
{
	CLEANUP(freep) char *x = json_value_to_string(a), *y = json_value_to_string(b);

	return x && y && observe_is_same(root, x, y);
}

/* dockerd tells each with one slash behind it, however the file has it. */
static char *with_slashes(const char *list)
{
	json_t *from = json_loads(list, 0, NULL), *to = json_array();
	char *text;

	for (size_t i = 0; i < json_array_size(from); i++) {
		const char *url = json_string_value(json_array_get(from, i));
		size_t n = url ? strlen(url) : 0;
		CLEANUP(freep) char *with = NULL;

		while (n && url[n - 1] == '/')
			n--;
		with = xasprintf("%.*s/", (int)n, url ? url : "");
		json_array_append_new(to, json_string(with));
	}
	text = json_dumps(to, JSON_COMPACT);
	json_decref(from);
	json_decref(to);
	return text;
}

static bool same_mirrors(const char *a, const char *b)
{
	CLEANUP(freep) char *x = with_slashes(a), *y = with_slashes(b);

	return x && y && same_items(x, y);
}

static bool same_value(const struct root *root, const struct daemon_key *k, const char *now,
		       const char *next)
{
	now = or_none(now ? now : k ? k->def : NULL);
	next = or_none(next ? next : k ? k->def : NULL);
	if (!now || !next)
		return now == next;
	return json_value_same(now, next) || same_items(now, next) ||
	       (k && strcmp(k->key, "registry-mirrors") == 0 && same_mirrors(now, next)) ||
	       (root && k && strcmp(k->key, "data-root") == 0 && same_directory(root, now, next));
}

/*
 * Taken, and nothing comes of it. Network keys are no such ones: dockerd sets up no network when it
 * finds containers that live on, but it judges the keys all the same, and may not start with them.
 */
static bool is_set_aside(const struct docker_facts *d, const struct daemon_key *k)
{
	return k && k->loose && !k->used && d->version &&
	       engine_version_compare(d->version, k->loose) >= 0;
}

static bool is_address(const char *json)
{
	CLEANUP(freep) char *text = json ? json_value_to_string(json) : NULL;
	struct in6_addr any;

	return text &&
	       (inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1);
}

/*
 * The default network stays as it is where dockerd starts beside containers that live on: such a
 * start puts nothing of it in force. (What it cannot start with is another matter.)
 */
static bool stays_beside_containers(const struct docker_facts *d, const char *key, const char *next)
{
	const struct setting *live = settings_find(&d->now, "live-restore");
	const struct setting *iptables = settings_find(&d->next, "iptables");
	size_t running = 0;

	if (!docker_bridge_value(d, key) || !live || strcmp_null(live->value, "true") != 0 ||
	    !containers_running(&d->containers, &running) || running == 0)
		return false;
	if (strcmp(key, "ip") == 0)
		return !next || is_address(next);
	return !iptables || strcmp_null(iptables->value, "false") != 0;
}

/* Those of `of` that are otherwise in `other`, which may be NULL. */
static void find_members(const char *key, json_t *of, const json_t *other, struct strv *ret)
{
	const char *name;
	json_t *value;

	json_object_foreach(of, name, value)
	{
		CLEANUP(freep) char *pointer = json_pointer(key, name);

		if (!json_equal(value, json_object_get(other, name)))
			strv_add_once(ret, pointer);
	}
}

static void find_differing(const char *key, const char *now, const char *next, struct strv *ret)
{
	CLEANUP(json_decrefp) json_t *is = now ? json_loads(now, 0, NULL) : NULL;
	CLEANUP(json_decrefp) json_t *will = next ? json_loads(next, 0, NULL) : NULL;

	find_members(key, will, is, ret);
	find_members(key, is, will, ret);
}

/* "line 3 of '/etc/docker/daemon.json'", which people find; the caller frees it. */
static char *place_of(const struct facts *f, const struct root *root, const char *key)
{
	CLEANUP(buf_clear) struct buf text = {0};
	const char *file = f->docker.config_file;
	size_t line = root && file && observe_content(root, file, &text, NULL) >= 0
			      ? daemon_line_of_key(&text, key)
			      : 0;

	return line ? xasprintf("line %zu of '%s'", line, file) : xasprintf("'%s'", file);
}

static void add(struct facts *f, const struct root *root, const char *key,
		const struct setting *now, const char *next)
{
	const struct docker_facts *d = &f->docker;
	const struct daemon_key *k = daemon_key_find(key);
	bool unknown = now && now->source == SOURCE_UNKNOWN;
	const char *def = k && k->def ? k->def : "its default";
	CLEANUP(freep) char *is = secret_show(key, now && now->value ? now->value : def);
	CLEANUP(freep) char *will = secret_show(key, next);
	CLEANUP(freep)
	char *wrote = next ? xasprintf("\"%s\": %s", key, will) : xasprintf("\"%s\" no more", key);
	CLEANUP(freep) char *place = place_of(f, root, key);
	struct waiting_key *w = facts_add_waiting(f);

	w->key = xstrdup(key);
	find_differing(key, unknown || !now ? NULL : now->value, next, &w->members);
	w->by_reload = k && k->activation != KEY_RESTART &&
		       (next || k->activation == KEY_RELOAD_RESETS) &&
		       !strv_contains(&d->now_flags, key);
	w->brings = xasprintf("it would put in force what others changed: %s has %s, and dockerd "
			      "%s%s%s%s",
			      place, wrote, unknown ? "does not tell what it has" : "has ",
			      unknown ? "" : is, consequence(key) ? "; " : "",
			      consequence(key) ? consequence(key) : "");
	if (strcmp(key, "data-root") == 0)
		str_replace(&f->docker.moves_data, w->brings);
}

/* What our own note of a start has from the API, where no file and no flag had set it. */
static bool is_engines_choice(const char *key)
{
	return strcmp(key, "storage-driver") == 0 || strcmp(key, "default-cgroupns-mode") == 0;
}

/* What the file has no more: of what the engine chose itself the API tells, too. */
static bool was_set(const struct docker_facts *d, const struct setting *now)
{
	const struct daemon_key *k = daemon_key_find(now->key);

	if (now->source == SOURCE_UNKNOWN)
		return strcmp(now->key, "userns-remap") == 0 && daemon_info_has_option(d, "userns");
	if (now->source == SOURCE_WITNESS)
		return !is_engines_choice(now->key);
	return now->source == SOURCE_API && k && k->def;
}

void find_waiting_keys(struct facts *f, const struct root *root)
{
	struct docker_facts *d = &f->docker;

	for (size_t i = 0; i < d->next.count; i++) {
		const struct setting *next = &d->next.items[i];
		const struct setting *now = settings_find(&d->now, next->key);
		const struct daemon_key *k = daemon_key_find(next->key);

		if (next->source != SOURCE_FILE || is_set_aside(d, k) ||
		    stays_beside_containers(d, next->key, next->value))
			continue;
		if ((now && now->source == SOURCE_UNKNOWN) ||
		    !same_value(root, k, now ? now->value : NULL, next->value))
			add(f, root, next->key, now, next->value);
	}
	for (size_t i = 0; i < d->now.count; i++) {
		const struct setting *now = &d->now.items[i];
		const struct daemon_key *k = daemon_key_find(now->key);

		if (settings_find(&d->next, now->key) || !was_set(d, now) || is_set_aside(d, k) ||
		    stays_beside_containers(d, now->key, NULL))
			continue;
		if (now->source == SOURCE_UNKNOWN || !same_value(root, k, now->value, NULL))
			add(f, root, now->key, now, NULL);
	}
}

void gather_waiting_keys(struct gather *g)
{
	const struct docker_facts *d = &g->facts->docker;
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	CLEANUP(freep) char *changed = NULL;
	struct moment start;

	/* half an answer says nothing; nor is anything done then to a dockerd that cannot be asked */
	if (!g->bus || !u || !u->main_pid || !d->running || d->not_measured || d->file_error)
		return;
	start = unit_started(u);
	changed = config_changed_since(g, d->config_file, &start);
	if (changed || d->other_config)
		find_waiting_keys(g->facts, g->root);
}
