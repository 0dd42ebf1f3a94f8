#pragma once

/*
 * What this run saw the daemon start with: the settings that the Engine API does not tell, so
 * that the next plan need not guess. Valid for one start of dockerd only (facts check it).
 */

#include "engine/base/error.h"
#include "engine/host/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "rollback/state.h"

/* `before` are the facts from which the plan came. */
int witness_write(const struct state *state, const struct root *root, const struct facts *before,
		  const struct plan *plan, struct error *err);
