#pragma once

/* Short ways between C data and jansson: what plans and reports write, what answers of an API hold. */

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/macros.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"

/* As json.org calls them: "object", "number", "null". */
const char *json_type_name(const json_t *j);

/* Text as a JSON string, null for NULL; bytes that are no UTF-8 become {"hex": "..."}. */
json_t *json_text(const char *s);
json_t *json_text_list(const struct strv *v);

/* Sets a member; out of memory aborts, like everywhere. */
void json_put(json_t *object, const char *key, json_t *value);

/* Reads a member that json_text() wrote: NULL for null; the caller frees it. */
int json_take_text(const json_t *object, const char *key, char **ret, struct error *err);
int json_take_list(const json_t *object, const char *key, struct strv *ret, struct error *err);
int json_take_int(const json_t *object, const char *key, json_int_t *ret, struct error *err);
int json_take_array(const json_t *object, const char *key, const json_t **ret, struct error *err);

/* The bytes of a JSON text as jansson dumps it with `flags`, and their digest. */
void json_dump_to(const json_t *value, size_t flags, struct buf *ret);

/* Whether two arrays have the same items, in whatever order and however often. */
bool json_items_same(const json_t *a, const json_t *b);

/* A member whose text must be a name of an enum. */
#define JSON_TAKE_ENUM(object, key, table, ret, err)                                               \
	({                                                                                         \
		CLEANUP(freep) char *name_ = NULL;                                                 \
		int r_ = json_take_text(object, key, &name_, err);                                 \
		if (r_ >= 0)                                                                       \
			r_ = name_ ? table##_from_string(name_) : -EINVAL;                         \
		if (r_ >= 0)                                                                       \
			*(ret) = r_;                                                               \
		else                                                                               \
			r_ = error_set(err, -EINVAL, "'%s' has an unknown value", key);            \
		r_;                                                                                \
	})

/*
 * Fills err with "line 1, column 2: what is wrong there" of a text that jansson refused, and returns
 * code. What the text has there is not repeated, but for a sign or the name of a key: a quote that
 * is missing makes the value of a secret part of the mistake.
 */
int json_refused(const json_error_t *why, int code, struct error *err);

/* NULL, and err set, when the text is not JSON or not of that type. */
static inline UNUSED json_t *json_load_as(const struct buf *text, json_type type, const char *what,
					  struct error *err)
{
	json_t *root = json_loadb(buf_str(text), text->len, 0, NULL);

	if (root && json_typeof(root) == type)
		return root;
	error_set(err, -EINVAL, "cannot understand %s", what);
	json_decref(root);
	return NULL;
}

/* A member's text; "" when there is none. */
static inline const char *json_text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* Adds the texts of an array; what else is in it is passed over. */
static inline UNUSED void json_take_strings(const json_t *array, struct strv *ret)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (json_is_string(json_array_get(array, i)))
			strv_add(ret, json_string_value(json_array_get(array, i)));
}
