#pragma once

/* The path blocks of a plan as text: what is added, changed and removed, by which control. */

#include "cli/report/style.h"
#include "engine/model/plan.h"

void text_changes(struct buf *b, const struct style *s, const struct plan *plan);
