#pragma once

/* The figures of --observe, as a part of a plan's text. */

#include "cli/report/style.h"
#include "engine/model/plan.h"

/* Nothing where nobody has counted. */
void text_volumes(struct buf *b, const struct style *s, const struct plan *plan);
