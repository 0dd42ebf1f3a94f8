#pragma once

/* Ways to get it wrong: what a harness that finds nothing would let pass. */

#include <stdbool.h>

#include "engine/effect/effector.h"
#include "rollback/state.h"

/* Broken on purpose: each must be found out by the harness. */
enum victim_mutant {
	MUTANT_NONE,
	MUTANT_IN_PLACE, /* apply writes over the files */
	MUTANT_NO_JOURNAL, /* apply exchanges files as it should, but notes nothing */
	MUTANT_EARLY_COMMIT, /* apply says COMMIT before the files are in place */
	MUTANT_LAZY_RECOVER, /* recover does nothing */
	MUTANT_LOSES_XATTR, /* apply drops an attribute in the end */
	MUTANT_NO_EFFECTS_BACK, /* recover puts back files only */
	MUTANT_UNGUARDED, /* makes no timer, and says that it did */
	MUTANT_KEEPS_TRIES, /* keeps what a search only tried */
	MUTANT_LIAR, /* says 0 whatever happened */
	MUTANT_COUNT,
};

extern const char *const victim_mutants[MUTANT_COUNT];

extern const struct effector_ops mutant_idle_ops; /* does nothing, says that all went well */

bool mutant_replaces_apply(enum victim_mutant mutant);

/* The exit code. */
int mutant_apply(enum victim_mutant mutant, struct state *state, const struct root *root,
		 struct plan *plan, struct effector *effector);
void mutant_lose_xattr(const char *root);
