#include "engine/facts/variables.h"

#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"
#include "engine/host/read/proc.h"

/*
 * What dockerd takes from its environment, beside its flags and its file: in Docker's sources, cmd/dockerd/options.go
 * (what TLS is by default) and daemon/daemon.go (the storage driver, and the image store of its own tests).
 */
static const struct known {
	const char *name;
	const char *keys[4]; /* that it has a say in; ends with NULL */
	bool wins; /* over the file and flags; else it counts where neither has the key */
	bool moves; /* with another value dockerd does not see containers that run on */
} known[] = {
	{"DOCKER_DRIVER", {"storage-driver"}, .wins = true, .moves = true},
	{"TEST_INTEGRATION_USE_SNAPSHOTTER", {0}, .moves = true},
	{"DOCKER_MIN_API_VERSION", {"min-api-version"}, .wins = true},
	{"DOCKER_TLS_VERIFY", {"tlsverify", "tls"}},
	{"DOCKER_CERT_PATH", {"tlscacert", "tlscert", "tlskey"}},
	{"DOCKER_CONFIG", {"tlscacert", "tlscert", "tlskey"}},
	{"DOCKER_IGNORE_BR_NETFILTER_ERROR", {"icc"}, .wins = true},
	{"DOCKER_INSECURE_NO_IPTABLES_RAW", {"allow-direct-routing"}, .wins = true},
};

static const struct known *known_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

/* Whether a process has the variable so. An empty one is to dockerd as good as none, but for PATH. */
bool variable_is_set_so(const struct strv *has, const struct variable *v)
{
	for (size_t i = 0; i < has->count; i++) {
		const char *value = skip_key(has->items[i], v->name, '=');

		if (value)
			return strcmp(value, v->value) == 0;
	}
	return !*v->value && strcmp(v->name, "PATH") != 0;
}

/* What changes a dockerd: the rest is its language and the like. */
static bool is_dockerds(const char *name)
{
	static const char *const starts[] = {
		"DOCKER",   "GO",         "LD_",     "MOBY",
		"BUILDKIT", "CONTAINERD", "NOTIFY_", "TEST_INTEGRATION"};
	const char *last = strrchr(name, '_');

	if ((last && last != name && strcasecmp(last, "_proxy") == 0) ||
	    strcmp(name, "PATH") == 0 || strcmp(name, "TMPDIR") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (starts_with(name, starts[i]))
			return true;
	return false;
}

bool variable_moves(const char *name)
{
	const struct known *k = known_find(name);

	return k && k->moves;
}

static void say_differs(struct docker_facts *d, const char *name, const char *how, const char *file)
{
	strv_addf(&d->start_brings, "the next dockerd has %s %s in its environment%s%s%s", how,
		  name, file ? " (" : "", file ? file : "", file ? ")" : "");
	d->flags_move |= variable_moves(name);
}

/* What has specifiers or escapes is not compared: systemd makes something else of it. */
static void find_other(struct docker_facts *d, const struct environment *next,
		       const struct strv *now)
{
	for (size_t i = 0; i < next->count; i++) {
		const struct variable *v = &next->items[i];

		if (!strpbrk(v->value, "%\\$") && (v->file || is_dockerds(v->name)) &&
		    !variable_is_set_so(now, v))
			say_differs(d, v->name, "another",
				    v->file ? v->file : "systemctl show-environment");
	}
}

/* What only dockerd's own makers read is told: systemd itself sets others for each process. */
static void find_gone(struct docker_facts *d, const struct environment *next,
		      const struct strv *now)
{
	for (size_t i = 0; i < now->count; i++) {
		size_t n = strcspn(now->items[i], "=");
		CLEANUP(freep) char *name = xstrndup(now->items[i], n);

		if (now->items[i][n] && now->items[i][n + 1] && !environment_find(next, name) &&
		    (known_find(name) || starts_with(name, "DOCKER") || starts_with(name, "MOBY")))
			say_differs(d, name, "no more", NULL);
	}
}

void compare_variables(struct docker_facts *d, const struct environment *next,
		       const struct strv *now, bool whole)
{
	find_other(d, next, now);
	if (whole)
		find_gone(d, next, now);
}

void find_variables(struct docker_facts *d, const char *name, const char *value)
{
	const struct known *k = known_find(name);

	for (size_t i = 0; k && *value && i < ARRAY_SIZE(k->keys) && k->keys[i]; i++) {
		const char *key = k->keys[i];
		const struct setting *next = settings_find(&d->next, key);
		CLEANUP(json_decrefp) json_t *text = json_string(value);
		CLEANUP(freep) char *json = json_dumps(text, JSON_ENCODE_ANY);

		if (!k->wins && next && next->value)
			continue;
		settings_put(&d->by_variable, key, strcmp(key, "storage-driver") == 0 ? json : NULL,
			     SOURCE_UNKNOWN, name);
		/* who may use the API is not known then, nor that it is everybody */
		if (strcmp(key, "tlsverify") != 0)
			continue;
		settings_put(&d->next, key, NULL, SOURCE_UNKNOWN, name);
		if (d->running && !settings_find(&d->now, key))
			settings_put(&d->now, key, NULL, SOURCE_UNKNOWN, name);
	}
}

void gather_variables(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	CLEANUP(environment_clear) struct environment next = {0};
	CLEANUP(strv_clear) struct strv now = {0};
	CLEANUP(freep) char *unknown = NULL;

	if (!u || !u->exec_start)
		return;
	environment_read(g, u, &next);
	unknown = unit_environment_unknown(g, u);
	if (g->bus && d->running && u->main_pid && proc_environment(u->main_pid, &now, NULL) >= 0) {
		compare_variables(d, &next, &now, !unknown);
	}
	for (size_t i = 0; i < now.count; i++) {
		CLEANUP(freep) char *name = xstrndup(now.items[i], strcspn(now.items[i], "="));

		find_variables(d, name,
			       now.items[i] + strlen(name) + (now.items[i][strlen(name)] == '='));
	}
	for (size_t i = 0; i < next.count; i++)
		find_variables(d, next.items[i].name, next.items[i].value);
}
