#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-args.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"

struct given {
	char *key;
	json_t *value;
	struct strv words; /* as on the command line */
};

struct givens {
	struct given *items;
	size_t count;
};

static void givens_clear(struct givens *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->items[i].key);
		json_decref(g->items[i].value);
		strv_clear(&g->items[i].words);
	}
	free(g->items);
}

static struct given *given_of(struct givens *g, const char *key)
{
	struct given *new;

	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->items[i].key, key) == 0)
			return &g->items[i];
	new = array_append(&g->items, &g->count, sizeof(*g->items));
	new->key = xstrdup(key);
	return new;
}

/* Any bytes as a JSON string. */
static json_t *text_value(const char *s)
{
	CLEANUP(freep) char *json = json_value_from_string(s);

	return json_loads(json, JSON_DECODE_ANY, NULL);
}

static json_t *boolean_value(const char *s)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
	static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcmp(s, yes[i]) == 0)
			return json_true();
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (strcmp(s, no[i]) == 0)
			return json_false();
	return text_value(s);
}

static json_t *number_value(const char *s)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(s, &end, 0);
	if (end == s || *end || errno)
		return text_value(s);
	return json_integer(n);
}

static json_t *scalar_value(const char *type, const char *s)
{
	if (strcmp(type, "boolean") == 0)
		return boolean_value(s);
	if (strcmp(type, "number") == 0)
		return number_value(s);
	return text_value(s);
}

/* "name=value" in two; a missing value is `fallback`. The name is the caller's to free. */
static char *cut_name(const char *s, const char *fallback, const char **ret_value)
{
	const char *equals = strchr(s, '=');

	*ret_value = equals ? equals + 1 : fallback;
	return equals ? xstrndup(s, (size_t)(equals - s)) : xstrdup(s);
}

/* nofile=1024:2048 is soft:hard; without hard both are soft (docker run --ulimit). */
static json_t *ulimit_value(const char *name, const char *s)
{
	const char *colon = strchr(s, ':');
	CLEANUP(freep) char *soft = colon ? xstrndup(s, (size_t)(colon - s)) : xstrdup(s);
	json_t *limit = json_object();

	json_object_set_new(limit, "Name", text_value(name));
	json_object_set_new(limit, "Hard", number_value(colon ? colon + 1 : s));
	json_object_set_new(limit, "Soft", number_value(soft));
	return limit;
}

/* base=172.30.0.0/16,size=24 */
static json_t *pool_value(const char *s)
{
	CLEANUP(strv_clear) struct strv fields = {0};
	json_t *pool = json_object();

	strv_split(&fields, s, ",");
	for (size_t i = 0; i < fields.count; i++) {
		const char *value;
		CLEANUP(freep) char *name = cut_name(fields.items[i], "", &value);

		json_object_set_new(pool, name,
				    strcmp(name, "size") == 0 ? number_value(value)
							      : text_value(value));
	}
	return pool;
}

/* One "name=value" of a map flag goes into the object of its key. */
static void put_member(json_t *object, const struct daemon_key *k, const char *s)
{
	const char *value;
	CLEANUP(freep) char *name = cut_name(s, "", &value);
	json_t *inner;

	if (strcmp(k->key, "features") == 0) {
		json_object_set_new(object, name, boolean_value(strchr(s, '=') ? value : "true"));
	} else if (strcmp(k->key, "default-ulimits") == 0) {
		json_object_set_new(object, name, ulimit_value(name, value));
	} else if (strcmp(k->key, "runtimes") == 0) {
		inner = json_object();
		json_object_set_new(inner, "path", text_value(value));
		json_object_set_new(object, name, inner);
	} else if (strcmp(k->key, "default-network-opts") == 0) {
		const char *option_value;
		CLEANUP(freep) char *option = cut_name(value, "", &option_value);

		inner = json_object_get(object, name);
		if (!inner)
			json_object_set_new(object, name, inner = json_object());
		json_object_set_new(inner, option, text_value(option_value));
	} else {
		json_object_set_new(object, name, text_value(value));
	}
}

static void put_value(struct given *g, const struct daemon_key *k, const char *s)
{
	const char *type = k ? k->type : "string";

	if (strcmp(type, "array") == 0) {
		if (!g->value)
			g->value = json_array();
		json_array_append_new(g->value, k->element && strcmp(k->element, "object") == 0
							? pool_value(s)
							: text_value(s));
	} else if (strcmp(type, "object") == 0) {
		if (!g->value)
			g->value = json_object();
		put_member(g->value, k, s);
	} else {
		json_decref(g->value);
		g->value = scalar_value(type, s);
	}
}

static bool is_boolean(const struct daemon_key *k)
{
	return k && strcmp(k->type, "boolean") == 0;
}

static void take(struct givens *all, const struct daemon_arg *a, const struct strv *args)
{
	struct given *g = given_of(all, a->name);

	for (size_t i = 0; i < a->count; i++)
		strv_add(&g->words, args->items[a->at + i]);
	if (a->value || a->key)
		put_value(g, a->key, a->value ? a->value : is_boolean(a->key) ? "true" : "");
	else if (!g->value)
		g->value = json_true();
}

static char *join_words(const struct strv *words)
{
	CLEANUP(strv_clear) struct strv quoted = {0};

	for (size_t i = 0; i < words->count; i++)
		strv_add_owned(&quoted, command_line_quote(words->items[i]));
	return strv_join(&quoted, " ");
}

static void report(const struct given *g, struct strv *ret_keys, struct strv *ret_values,
		   struct strv *ret_texts)
{
	CLEANUP(freep) char *value = json_dumps(g->value, JSON_ENCODE_ANY);

	if (ret_keys)
		strv_add(ret_keys, g->key);
	if (ret_values)
		strv_add(ret_values, value);
	if (ret_texts)
		strv_add_owned(ret_texts, join_words(&g->words));
}

void daemon_flags_parse(const struct strv *args, struct strv *ret_keys, struct strv *ret_values,
			struct strv *ret_texts)
{
	CLEANUP(daemon_args_clear) struct daemon_args all = {0};
	struct givens givens = {0};

	daemon_args_read(args, 0, &all);
	for (size_t i = 0; i < all.count; i++)
		take(&givens, &all.items[i], args);
	for (size_t i = 0; i < givens.count; i++)
		report(&givens.items[i], ret_keys, ret_values, ret_texts);
	givens_clear(&givens);
}
