#include "engine/format/daemon-values.h"

#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/json-util.h"
#include "engine/format/secret.h"

/* Measured with 20.10.24, 26.1.5 and 28.5.2, each value given to a dockerd that was started with it. */

/* "*" is each member of an object, and each element of an array. */
static const struct nested {
	const char *path, *type;
	const char *since; /* before that engine nobody looks at it; NULL: before 20.10 */
} nested[] = {
	{"builder/gc", "object", NULL},
	{"builder/gc/enabled", "boolean", NULL},
	{"builder/gc/defaultKeepStorage", "string", NULL},
	{"builder/gc/defaultReservedSpace", "string", "28.5"},
	{"builder/gc/defaultMaxUsedSpace", "string", "28.5"},
	{"builder/gc/defaultMinFreeSpace", "string", "28.5"},
	{"builder/gc/policy", "array", NULL},
	{"builder/gc/policy/*", "object", NULL},
	{"builder/gc/policy/*/all", "boolean", NULL},
	{"builder/gc/policy/*/keepStorage", "string", NULL},
	{"builder/gc/policy/*/reservedSpace", "string", "28.5"},
	{"builder/entitlements", "object", NULL},
	{"builder/entitlements/network-host", "boolean", NULL},
	{"builder/entitlements/security-insecure", "boolean", NULL},
	{"default-ulimits/*/Name", "string", NULL},
	{"default-ulimits/*/Soft", "number", NULL},
	{"default-ulimits/*/Hard", "number", NULL},
	{"default-address-pools/*/base", "string", NULL},
	{"default-address-pools/*/size", "number", NULL},
	{"runtimes/*/path", "string", NULL},
	{"runtimes/*/runtimeArgs", "array", NULL},
	{"runtimes/*/runtimeArgs/*", "string", NULL},
	{"runtimes/*/runtimeType", "string", "23.0"},
	{"runtimes/*/options", "object", "23.0"},
	{"default-network-opts/*/*", "string", "24.0"},
};

static const struct words {
	const char *key;
	const char *words[9]; /* "" is one */
	bool any_case;
} words[] = {
	{"log-level",
	 {"", "panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"},
	 true},
	{"log-format", {"", "text", "json"}, false},
	{"default-ipc-mode", {"", "private", "shareable"}, false},
	{"default-cgroupns-mode", {"", "private", "host"}, false},
};

static const struct least {
	const char *key;
	json_int_t least;
	const char *since, *until; /* NULL: ever */
} leasts[] = {
	{"max-concurrent-downloads", 0, NULL, NULL},
	{"max-concurrent-uploads", 0, "26.1", NULL},
	{"max-download-attempts", 1, NULL, "23.0"},
	{"max-download-attempts", 0, "23.0", NULL},
	{"mtu", 0, "26.1", NULL},
	{"network-diagnostic-port", 0, "28.5", NULL},
};

/* What is looked at, and how it is called for people. */
struct look {
	const struct nested *want;
	const char *key;
	struct strv *reasons;
};

/* Of a version that is not known only that counts which all have in common. */
static bool applies(const char *version, const char *since, const char *until)
{
	return (!since || (version && engine_version_compare(version, since) >= 0)) &&
	       (!until || (version && engine_version_compare(version, until) < 0));
}

const char *daemon_type_name(const json_t *j)
{
	/* every number of dockerd is a whole one */
	return json_is_real(j) ? "fraction" : json_type_name(j);
}

bool daemon_has_type(const json_t *j, const char *type)
{
	return !type || json_is_null(j) || strcmp(daemon_type_name(j), type) == 0;
}

static void look_at(const struct look *l, const char *path, json_t *value, const char *at);

static void look_below(const struct look *l, const char *path, json_t *value, const char *at)
{
	size_t n = strcspn(path, "/"), i;
	bool any = strncmp(path, "*", n) == 0;
	const char *name, *rest = path[n] ? path + n + 1 : path + n;
	json_t *element;

	json_array_foreach(value, i, element)
	{
		CLEANUP(freep) char *place = xasprintf("%s/%zu", at, i);

		if (any)
			look_at(l, rest, element, place);
	}
	json_object_foreach(value, name, element)
	{
		CLEANUP(freep) char *place = xasprintf("%s/%s", at, name);

		/* Go reads names without regard to case */
		if (any || (strlen(name) == n && strncasecmp(name, path, n) == 0))
			look_at(l, rest, element, place);
	}
}

static void look_at(const struct look *l, const char *path, json_t *value, const char *at)
{
	if (*path)
		look_below(l, path, value, at);
	else if (!daemon_has_type(value, l->want->type))
		strv_addf(l->reasons, "'%s' of '%s' must be of type %s, not %s", at + 1, l->key,
			  l->want->type, daemon_type_name(value));
}

static void check_nested(const char *version, const char *key, json_t *value,
			 struct strv *ret_reasons)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < ARRAY_SIZE(nested); i++) {
		const struct nested *want = &nested[i];
		const struct look l = {.want = want, .key = key, .reasons = ret_reasons};

		if (strncmp(want->path, key, n) == 0 && want->path[n] == '/' &&
		    applies(version, want->since, NULL))
			look_at(&l, want->path + n + 1, value, "");
	}
}

/* As it may be shown; the caller frees it. */
static char *show(const char *key, const char *value)
{
	CLEANUP(freep) char *pointer = xasprintf("/%s", key);

	return secret_show_value(subject_of(SCHEME_JSON, pointer), value);
}

static void check_words(const char *key, const char *value, struct strv *ret_reasons)
{
	const struct words *w = NULL;
	CLEANUP(strv_clear) struct strv known = {0};
	CLEANUP(freep) char *list = NULL, *shown = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].key, key) == 0)
			w = &words[i];
	for (size_t i = 0; w && i < ARRAY_SIZE(w->words) && w->words[i]; i++) {
		if ((w->any_case ? strcasecmp : strcmp)(w->words[i], value) == 0)
			return;
		if (*w->words[i])
			strv_add(&known, w->words[i]);
	}
	if (!w)
		return;
	list = strv_join(&known, ", ");
	shown = show(key, value);
	strv_addf(ret_reasons, "'%s' is none of what '%s' can be: %s", shown, key, list);
}

static void check_least(const char *version, const char *key, json_int_t value,
			struct strv *ret_reasons)
{
	for (size_t i = 0; i < ARRAY_SIZE(leasts); i++)
		if (strcmp(leasts[i].key, key) == 0 && value < leasts[i].least &&
		    applies(version, leasts[i].since, leasts[i].until))
			strv_addf(ret_reasons, "'%s' must not be below %d", key,
				  (int)leasts[i].least);
}

/* "64M", "1.5g", "64 MiB", "64"; what only some engines take ("64Mi") is left to them. */
static bool is_size(const char *text)
{
	size_t n = strspn(text, "0123456789.");
	const char *unit = text + n + strspn(text + n, " ");

	if (n == 0 || *text == '.')
		return false;
	if (*unit && strchr("kKmMgGtTpP", *unit))
		unit++;
	if (*unit == 'i' || *unit == 'I')
		unit++;
	return !*unit || strcasecmp(unit, "b") == 0;
}

/* It is read by a function of its own, which takes no null either. */
static void check_size(const json_t *size, struct strv *ret_reasons)
{
	CLEANUP(freep) char *shown = NULL;

	if (json_is_null(size)) {
		strv_add(ret_reasons, "'default-shm-size' must be of type string, not null");
	} else if (json_is_string(size) && !is_size(json_string_value(size))) {
		shown = show("default-shm-size", json_string_value(size));
		strv_addf(ret_reasons, "'%s' is not a size that 'default-shm-size' can have",
			  shown);
	}
}

void daemon_value_check(const char *version, const char *key, json_t *value,
			struct strv *ret_reasons)
{
	if (strcmp(key, "default-shm-size") == 0)
		check_size(value, ret_reasons);
	else if (json_is_string(value))
		check_words(key, json_string_value(value), ret_reasons);
	else if (json_is_integer(value))
		check_least(version, key, json_integer_value(value), ret_reasons);
	else
		check_nested(version, key, value, ret_reasons);
}
