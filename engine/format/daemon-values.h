#pragma once

/*
 * What dockerd takes as values in its config file, below the type of the key itself: the types of
 * nested members, words that are known, numbers that are too small.
 */

#include <jansson.h>
#include <stdbool.h>

#include "engine/base/strv.h"

/* "object", "number", ...; a number that is no whole one is a "fraction". */
const char *daemon_type_name(const json_t *j);

/* null is taken for every type, and so is everything where `type` is NULL. */
bool daemon_has_type(const json_t *j, const char *type);

/* Adds why dockerd of `version` (NULL: not known) would not start with the value of the key. */
void daemon_value_check(const char *version, const char *key, json_t *value,
			struct strv *ret_reasons);
