#pragma once

/*
 * Checks before apply: what of the plan the host would refuse. It looks at the planned images
 * with the knowledge of what dockerd takes (daemon-keys.h), and at files that cannot be
 * replaced. Adds one line a check to plan->checks ("ok ...", "warn ...", "no ...").
 */

#include "engine/base/error.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * 0, or -EPERM when the plan restarts a dockerd whose next start would be no second time: were it
 * to fail, putting the plan's files back would not bring dockerd back.
 */
int plan_check_tried(struct plan *plan, const struct facts *facts, struct error *err);

/* 0, or -EPERM when a check forbids the plan; err then names the first. */
int plan_preflight(struct plan *plan, const struct facts *facts, struct error *err);
