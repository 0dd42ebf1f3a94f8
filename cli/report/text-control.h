#pragma once

/* One control with its facets and the settings of its resources, by the modules' field tables. */

#include <jansson.h>

#include "cli/report/style.h"
#include "engine/model/control.h"

void text_control(struct buf *b, const struct style *s, const struct control *control);

/* A field's value as it would stand in YAML; NULL when it is not given. The caller frees it. */
char *field_text(const struct field *f, const struct resource *r);

/* The settings of each resource as {"address": ..., "kind": ..., "fields": {key: text}}. */
json_t *json_resources(const struct control *control);
