#pragma once

/* Where each setting of each control comes from: the baseline, or a file of the site. */

#include <jansson.h>

#include "cli/report/style.h"
#include "engine/baseline/baseline.h"

void text_origins(struct buf *b, const struct style *s, const struct baseline *baseline);

/* [{"control": ..., "setting": ..., "value": ..., "file": ..., "line": ...}] */
json_t *json_origins(const struct baseline *baseline);
