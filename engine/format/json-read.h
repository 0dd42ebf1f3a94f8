#pragma once

/*
 * A JSON text as jansson reads it, parsed once however many ask: facts, some hundred settings, the
 * checks before a start and the way back all read the same daemon.json, or an image of it.
 */

#include <jansson.h>
#include <stddef.h>

/*
 * No key may stand twice. Who is less strict asks with these first: what they take means the same
 * to all, and is parsed already.
 */
#define JSON_READ_STRICT (JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)

/*
 * Like json_loadb(), a refusal and its reason, too. What it returns is shared: nobody changes it, and
 * the caller gives it back by json_decref(). The texts last asked for are kept.
 */
json_t *json_read(const char *bytes, size_t n, size_t flags, json_error_t *ret_why);
