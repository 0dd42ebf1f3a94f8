#pragma once

/*
 * JSON as text: jansson says what it means, and edits splice bytes, so that order, indentation,
 * line ends, unknown keys and a byte order mark stay. An empty text counts as an empty object.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/format/json-check.h"

int json_text_get(const struct buf *text, const char *pointer, char **ret_value, struct error *err);
int json_text_set(struct buf *text, const char *pointer, const char *value, struct error *err);

/* The keys of the object at `pointer` ("" is the top), in the order of the text. */
int json_text_keys(const struct buf *text, const char *pointer, struct strv *ret,
		   struct error *err);

/* The keys of the top whose values are objects that have `key`, in the order of the text. */
int json_text_owners(const struct buf *text, const char *key, struct strv *ret, struct error *err);

/* Whether two JSON values (text) are equal by meaning: white space and order of keys do not count. */
bool json_value_same(const char *a, const char *b);

/* "string", "boolean", "number", "array", "object", "null", or NULL when it is no JSON value. */
const char *json_value_type(const char *value);

/*
 * A C string as a JSON string, and back (NULL when the value is not a string); the caller frees
 * them.
 */
char *json_value_from_string(const char *s);
char *json_value_to_string(const char *value);
