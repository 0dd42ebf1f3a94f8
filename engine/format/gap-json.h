#pragma once

/* Gaps of published ports as JSON, in journals and in answers. */

#include <jansson.h>

#include "engine/base/error.h"
#include "engine/model/gap.h"

/* {"longest_ms", "ports": [{"container", "at", "ms", "least_ms", "away"}], "api_ms", "unmeasured"}; null where there are none. */
json_t *gaps_to_json(const struct gaps *g);

/* Of a text; -EINVAL, and none. */
int gaps_parse(struct gaps *ret, const char *text, struct error *err);
