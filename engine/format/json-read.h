#pragma once

/* Short ways into answers of the Engine API, for the files of this folder that read them. */

#include <errno.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/macros.h"
#include "engine/base/strv.h"

static inline void json_release(json_t **j)
{
	json_decref(*j);
}

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
