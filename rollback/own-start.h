#pragma once

/* What of dockerd's next start is a run's own doing: for the gate, which compares it with that of before the run. */

#include "engine/effect/effector.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/* By the edits and effects of the plan, and by what its images of dockerd's config file make of each key. */
void own_start_find(const struct plan *plan, const struct facts *facts, struct own_start *ret);

void own_start_clear(struct own_start *own);
