#pragma once

/* Ways to get it wrong (see enum victim_mutant): what a harness that finds nothing would let pass. */

#include "rollback/state.h"
#include "tests/crash/victim.h"

extern const struct effector_ops mutant_idle_ops; /* does nothing, says that all went well */

bool mutant_replaces_apply(enum victim_mutant mutant);

/* The exit code. */
int mutant_apply(enum victim_mutant mutant, struct state *state, const struct root *root,
		 struct plan *plan, struct effector *effector);
void mutant_lose_xattr(const char *root);
