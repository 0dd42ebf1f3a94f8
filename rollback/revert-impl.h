#pragma once

/* What the two files of a rollback's plan share: revert.c has its paths, revert-effects.c the rest. */

#include "rollback/chain.h"
#include "rollback/revert.h"

/* One rollback being planned. */
struct reversal {
	struct history history; /* with contents */
	const struct transaction_summary *root_transaction; /* the apply that it is about */
	struct undoing undoing;
	struct strv toggled; /* controls whose part goes, or comes again */
	enum on_conflict on_conflict;
	const struct root *root;
	const struct facts *facts;
	struct plan *plan;
	struct strv *conflicts;
	struct strv kept; /* paths that stay as somebody broke them */
};

bool reversal_concerns(const struct reversal *v, const char *control);
bool reversal_has_edit(const struct change *c, const char *control, const char *subject);

/* The effects that bring the planned files into force, and what had no file back. */
void revert_effects(const struct reversal *v, struct effects *ret);
