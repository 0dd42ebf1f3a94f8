#include "modules/daemon/value.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/subject-key.h"
#include "engine/format/url-host.h"
#include "engine/model/listening.h"

/* What a value cannot be by its first byte: most are told apart so, hundreds of times a plan. */
static bool cannot_be(const char *value, const char *type)
{
	static const struct {
		const char *type;
		char first;
	} rows[] = {{"object", '{'}, {"array", '['}, {"null", 'n'}};
	char first = value[strspn(value, " \t\r\n")];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(type, rows[i].type) == 0)
			return first != rows[i].first;
	return false;
}

bool json_is(const char *value, const char *type)
{
	const char *is = value && !cannot_be(value, type) ? json_value_type(value) : NULL;

	return is && strcmp(is, type) == 0;
}

/* Behind the JSON value that begins at `at`, in text that is known to be JSON. */
static const char *skip_value(const char *at)
{
	int depth = 0;
	bool quoted = false;

	for (; *at; at++) {
		if (quoted && *at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (*at == '[' || *at == '{')
			depth++;
		else if (depth == 0 && (*at == ',' || *at == ']'))
			break;
		else if (*at == ']' || *at == '}')
			depth--;
	}
	return at;
}

void json_items(const char *array, struct strv *ret)
{
	const char *at;

	if (!json_is(array, "array"))
		return;
	at = strchr(array, '[') + 1;
	at += strspn(at, " \t\r\n");
	while (*at && *at != ']') {
		const char *end = skip_value(at);
		size_t n = (size_t)(end - at);

		while (n > 0 && strchr(" \t\r\n", at[n - 1]))
			n--;
		strv_add_n(ret, at, n);
		at = *end == ',' ? end + 1 : end;
		at += strspn(at, " \t\r\n");
	}
}

char *json_member(const char *object, const char *name)
{
	CLEANUP(freep) char *pointer = json_pointer(name, NULL);
	CLEANUP(buf_clear) struct buf text = {0};
	char *value = NULL;

	if (!json_is(object, "object"))
		return NULL;
	buf_puts(&text, object);
	if (json_text_get(&text, pointer, &value, NULL) != 1)
		return NULL;
	return value;
}

void json_members(const char *object, struct strv *ret_names, struct strv *ret_values)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv names = {0};

	if (!json_is(object, "object"))
		return;
	buf_puts(&text, object);
	if (json_text_keys(&text, "", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		char *value = json_member(object, names.items[i]);

		if (!value)
			continue;
		strv_add(ret_names, names.items[i]);
		strv_add_owned(ret_values, value);
	}
}

/* A JSON value against an item of `accept` or `forbid`: equal, or a string that the item globs. */
static bool matches_item(const char *item, const char *value)
{
	CLEANUP(freep) char *glob = json_value_to_string(item);
	CLEANUP(freep) char *text = json_value_to_string(value);

	if (glob && text)
		return fnmatch(glob, text, 0) == 0;
	return json_value_same(item, value);
}

static bool matches_any(const struct strv *items, const char *value)
{
	for (size_t i = 0; i < items->count; i++)
		if (matches_item(items->items[i], value))
			return true;
	return false;
}

bool json_shaped_like(const char *want, const char *have)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(strv_clear) struct strv values = {0};

	if (!json_is(want, "object"))
		return have != NULL;
	json_members(want, &names, &values);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *member = json_member(have, names.items[i]);

		if (!json_shaped_like(values.items[i], member))
			return false;
	}
	return true;
}

/* Nothing is as good as the value: the lists are for where none is given. */
static bool is_strict(const struct daemon_want *want)
{
	return want->strict && want->value;
}

bool daemon_accepts_any(const struct daemon_want *want)
{
	CLEANUP(strv_clear) struct strv items = {0};

	if (is_strict(want))
		return false;
	json_items(want->accept, &items);
	return strv_contains(&items, "\"*\"");
}

static bool is_accepted(const struct daemon_want *want, const char *value)
{
	CLEANUP(strv_clear) struct strv items = {0};

	if (is_strict(want))
		return false;
	if (daemon_accepts_any(want))
		return json_shaped_like(want->value, value);
	json_items(want->accept, &items);
	return matches_any(&items, value);
}

/* An address of the API as dockerd reads it, all addresses of the host as 0.0.0.0; NULL: it is not of TCP. */
static char *api_address(const char *element)
{
	CLEANUP(url_host_clear) struct url_host u = {0};
	CLEANUP(freep) char *text = json_value_to_string(element);
	CLEANUP(freep) char *address = text ? url_host_of_api(text) : NULL, *url = NULL;

	if (!address)
		return NULL;
	url_host_parse(address, &u);
	url = listening_is_any(u.host) ? xasprintf("tcp://0.0.0.0:%s", u.port)
				       : xasprintf("tcp://%s", address);
	return json_value_from_string(url);
}

static bool is_forbidden_address(const struct strv *items, const char *element)
{
	CLEANUP(freep) char *address = api_address(element);

	return address && matches_any(items, address);
}

/* Of a list, one bad element is enough. */
static bool is_forbidden(const struct daemon_want *want, const char *value)
{
	CLEANUP(strv_clear) struct strv items = {0};
	CLEANUP(strv_clear) struct strv elements = {0};
	bool is_hosts = strcmp(want->key, "hosts") == 0;

	json_items(want->forbid, &items);
	json_items(value, &elements);
	for (size_t i = 0; i < elements.count; i++)
		if (matches_any(&items, elements.items[i]) ||
		    (is_hosts && is_forbidden_address(&items, elements.items[i])))
			return true;
	return matches_any(&items, value) || (is_hosts && is_forbidden_address(&items, value));
}

/* Of an object only the wanted members count; the others are the administrator's. */
static bool fulfils(const char *want, const char *value)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(strv_clear) struct strv values = {0};

	if (!json_is(want, "object") || !json_is(value, "object"))
		return json_value_same(want, value);
	json_members(want, &names, &values);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *have = json_member(value, names.items[i]);

		if (!have || !json_value_same(values.items[i], have))
			return false;
	}
	return true;
}

bool daemon_userns_on(const char *value)
{
	CLEANUP(freep) char *name = value ? json_value_to_string(value) : NULL;

	if (!name)
		return json_is(value, "boolean") && strcmp(value, "true") == 0;
	return *name && strcmp(name, "root") != 0 && strcmp(name, "0") != 0 &&
	       !starts_with(name, "root:") && !starts_with(name, "0:");
}

/*
 * Whether it is enough that a value is not among the wrong ones. Where a value is wanted, it is not
 * so for what nobody has set, nor where no value is wrong: the wanted one would never be written.
 */
static bool forbids_alone(const struct daemon_want *want, const struct daemon_key *k,
			  const char *in_force)
{
	CLEANUP(strv_clear) struct strv wrong = {0};
	bool as_shipped = !in_force || (k && k->def && json_value_same(k->def, in_force));

	if (!want->forbid || !want->value)
		return want->forbid != NULL;
	json_items(want->forbid, &wrong);
	return !is_strict(want) && wrong.count > 0 && (want->unset_ok || !as_shipped);
}

bool daemon_value_accepted(const struct daemon_want *want, const struct daemon_key *k,
			   const char *value)
{
	const char *in_force;

	if (value && is_accepted(want, value))
		return true;
	if (want->absent)
		return !value;
	if (json_is(value, "null"))
		value = NULL; /* counts as written, and leaves the default in force */
	if (!value && want->unset_ok)
		return true;
	if (strcmp(want->key, "userns-remap") == 0 && daemon_userns_on(want->value))
		return daemon_userns_on(value);
	in_force = value ? value : k ? k->def : NULL;
	if (forbids_alone(want, k, in_force))
		return !in_force || !is_forbidden(want, in_force);
	return in_force && (fulfils(want->value, in_force) || is_accepted(want, in_force));
}
