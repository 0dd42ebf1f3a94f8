#pragma once

/* One control with its facets and the settings of its resources, by the modules' field tables. */

#include <jansson.h>

#include "cli/report/style.h"
#include "engine/model/control.h"

void text_control(struct buf *b, const struct style *s, const struct control *control);

/* The settings of each resource as {"address": ..., "kind": ..., "fields": {key: text}}. */
json_t *json_resources(const struct control *control);
