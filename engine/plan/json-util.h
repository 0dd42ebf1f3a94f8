#pragma once

/* Short ways between C data and jansson, for the files of this folder. */

#include <jansson.h>
#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/macros.h"
#include "engine/base/strv.h"

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
struct buf;
void json_dump_to(const json_t *value, size_t flags, struct buf *ret);
