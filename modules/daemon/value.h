#pragma once

/*
 * What a docker-daemon resource wants of one key of daemon.json, and whether a value is that.
 * All values are compact JSON text; NULL stands for a key that is not set.
 */

#include <stdbool.h>

#include "engine/base/strv.h"
#include "engine/format/daemon-keys.h"

struct daemon_want {
	char *key;
	char *value;
	char *accept, *forbid; /* JSON arrays, or NULL */
	bool absent, unset_ok;
	bool strict; /* a value that is given is the only right one, whatever the two lists say */
	char *when;
};

/*
 * Whether the value (or, when it is not set, the default of the engine) is as wanted. `k` may
 * be NULL for a key that is not known.
 */
bool daemon_value_accepted(const struct daemon_want *want, const struct daemon_key *k,
			   const char *value);

/* Whether any value that is set will do: "*" is among those accepted. */
bool daemon_accepts_any(const struct daemon_want *want);

/*
 * Whether `have` is set and, where `want` is an object, is one with at least its members, each
 * shaped like the wanted one: a limit without its Name is none.
 */
bool json_shaped_like(const char *want, const char *have);

/* Whether a value of userns-remap switches remapping on: "root" and "0" are accepted and do not. */
bool daemon_userns_on(const char *value);

/* The items of a JSON array, the members of a JSON object; appended, each as compact text. */
void json_items(const char *array, struct strv *ret);
void json_members(const char *object, struct strv *ret_names, struct strv *ret_values);

/* The value of one member of an object, NULL when it has none; the caller frees it. */
char *json_member(const char *object, const char *name);

/* Whether the value is of that type ("object", ...). NULL is of none. */
bool json_is(const char *value, const char *type);
