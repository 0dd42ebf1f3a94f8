#pragma once

/* The figures of --observe in a saved plan, in the journal and in reports. */

#include <jansson.h>

#include "engine/base/error.h"
#include "engine/model/volume.h"

json_t *volumes_to_json(const struct volumes *v);

/* `j` may be NULL: plans without figures, and older ones, have none. */
int volumes_from_json(const json_t *j, struct volumes *ret, struct error *err);
