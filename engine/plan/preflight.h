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
 * Of a way back that restarts dockerd: 0, or -EPERM when that would do more than it should, or when
 * nothing tells that dockerd would start, unless a control that needs the restart is in `ack`. (Of a
 * way up the planner holds such controls back.)
 */
int plan_check_restart(struct plan *plan, const struct facts *facts, const struct strv *ack,
		       struct error *err);

/* 0, or -EPERM when a check forbids the plan; err then names the first. */
int plan_preflight(struct plan *plan, const struct facts *facts, struct error *err);
