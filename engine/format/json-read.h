#pragma once

/* Short ways into answers of the Engine API, for the files of this folder that read them. */

#include <jansson.h>

static inline void json_release(json_t **j)
{
	json_decref(*j);
}

/* A member's text; "" when there is none. */
static inline const char *json_text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}
