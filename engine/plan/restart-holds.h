#pragma once

/*
 * Who asks what speaks against it (objections.h): a control, whose delta is then held back, and a
 * whole plan.
 */

#include "engine/model/delta.h"
#include "engine/model/plan.h"
#include "engine/plan/objections.h"

/*
 * As holds of the control, its refusal, or its warnings. `stopped` is what a restart would stop, and
 * `planned` which keys of dockerd are the plan's own: what others wrote into its config file is what
 * the control's restart or reload would put in force beside them. NULL: not known yet, which only
 * the whole plan tells.
 */
void hold_objections(const struct facts *facts, const struct stopped_list *stopped,
		     const struct strv *planned, struct delta *delta);

/* Of a rollback, with all that it has done. */
void plan_objections(const struct plan *plan, const struct facts *facts, struct objections *ret);

/* Whether dockerd's next start with what the plan leaves is no trial. */
bool plan_start_is_no_risk(const struct plan *plan, const struct facts *facts);
