#pragma once

/*
 * The plan that undoes a committed transaction, or one control of it. It compares, for each
 * key and each attribute, what was before, what was applied, and what is now: as applied ->
 * put back; changed by somebody else beside our keys -> theirs stays; our own key changed ->
 * a conflict, which is listed and nothing is planned for that path unless the caller decides.
 */

#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "rollback/history.h"

/* In the order of the words of --on-conflict (cli/options.h). */
enum on_conflict { CONFLICT_STOP, CONFLICT_KEEP, CONFLICT_BEFORE };

/* Whether the rollback would take anything back (or bring it again) that is not so already: 1 or 0. */
int revert_has_part(const struct state *state, const struct transaction_summary *transaction,
		    const char *only, struct error *err);

/*
 * The facts name dockerd's file as the transaction does, where it is the same file still, by another
 * way (a directory of the path became a link).
 */
void revert_name_config(const struct transaction_summary *transaction, const struct root *root,
			struct facts *facts);

/* ret_conflicts: one line each with the three values. With CONFLICT_STOP and conflicts: -ESTALE. */
int revert_plan(const struct state *state, const struct transaction_summary *transaction,
		const char *only, enum on_conflict on_conflict, const struct root *root,
		const struct facts *facts, struct plan *ret, struct strv *ret_conflicts,
		struct error *err);
