#pragma once

/*
 * Forgets transactions for good: their journals, snapshots and whatever secrets are in these.
 * Only what is decided and swept may go; and the undoing of a transaction stays as long as that
 * transaction, which would count as in force without it.
 */

#include <stdint.h>

#include "engine/base/strv.h"
#include "rollback/history.h"

struct pruning {
	struct strv waits; /* given: ids of those whose effects are not in force yet, which stay */
	struct strv
		leaves; /* given: ids of those whose undoing left something in the kernel, which stay */
	const struct facts *
		now; /* given: the host, for what was put back in part and is in force; NULL: not looked at */
	struct strv ids; /* what goes, oldest first */
	struct strv in_force; /* those of them that are: what they changed will stand */
	struct strv kept; /* "ID: open": older than what is kept, and must stay */
	struct strv forgotten; /* pruned while in force before: the note of that goes, too */
	uint64_t bytes; /* what that frees */
	size_t left; /* transactions that stay */
};

void pruning_clear(struct pruning *p);

struct pruning_limits {
	size_t keep; /* so many of the newest stay, whatever their age */
	uint64_t
		before_usec; /* what began later stays, or nobody knows when; UINT64_MAX: no age does */
};

/* All that both limits let go but those in force, be it in part on the host of `root`. */
int pruning_choose_old(const struct state *s, const struct root *root,
		       const struct pruning_limits *limits, struct pruning *ret, struct error *err);

/*
 * Those with these ids, or unique beginnings of them. -ENOENT, -EINVAL: no such, or several;
 * -EBUSY: one of them must stay, and nothing is chosen.
 */
int pruning_choose(const struct state *s, const struct root *root, const struct strv *ids,
		   struct pruning *ret, struct error *err);

/*
 * Removes what was chosen, durably, and leaves behind which of it was in force (pruned.h). The state is
 * locked, and was before the choice.
 */
int pruning_run(const struct state *s, const struct pruning *p, struct error *err);
