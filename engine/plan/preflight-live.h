#pragma once

/* What live-restore says against a plan, before anything of it is done. */

#include "engine/base/error.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * The gate in front of the restart would refuse it, after half the work: live-restore is in force, and the next
 * start would not have it. -EPERM with the reason, which is among the plan's checks, too.
 */
int preflight_live(struct plan *plan, const struct facts *facts, struct error *err);

/* dockerd takes live-restore from a swarm member by reload, and then does not start again (G04). Likewise. */
int preflight_swarm(struct plan *plan, const struct facts *facts, struct error *err);
