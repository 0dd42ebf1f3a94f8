#pragma once

/*
 * Checks before apply: what of the plan the host would refuse. It looks at the planned images
 * with the knowledge of what dockerd takes (start-check.h), at the restart that comes with them,
 * and at what the findings warn of. Adds each check to plan->checks.
 */

#include "engine/base/error.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * Of a way back: 0, or -EPERM when something speaks against what it has done to the host
 * (objections.h), unless a control that brings it is in `ack`: then what was consented to is told by
 * the checks, and in plan->consented. Whom to ask for is in plan->asked. (Of a way up the planner
 * holds such controls back.)
 */
int plan_check_restart(struct plan *plan, const struct facts *facts, const struct strv *ack,
		       struct error *err);

/*
 * The same, but only for containers that it stops, cuts off or leaves where dockerd does not see them: of the way
 * back of an apply that is not decided yet, which has to be open beside whatever else the host is in.
 */
int plan_check_stops(struct plan *plan, const struct facts *facts, const struct strv *ack,
		     struct error *err);

/* 0, or -EPERM when a check forbids the plan; err then names the first. */
int plan_preflight(struct plan *plan, const struct facts *facts, struct error *err);
