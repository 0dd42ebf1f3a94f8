#pragma once

/*
 * live-restore for the time of a restart alone. Where it is off and stays off, a restart of dockerd
 * would stop every container; so the plan has it in dockerd's config file, and in force by a reload,
 * before the restart, and takes it off again by a reload after it. Nothing of that stays: it is no
 * control's part, but of two of the plan's stages (plan.h), whichever way they are walked.
 */

#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "engine/plan/overlay-view.h"

struct borrowing {
	bool can;
	char *why_not; /* for people; NULL: there is nothing to say (it is in force, or dockerd does not run) */
};

void borrowing_clear(struct borrowing *b);

/* Whether this host's dockerd can be lent it. Reads the config file's place; `looks` may be NULL. */
void borrowing_find(const struct root *root, const struct facts *facts, struct overlay_looks *looks,
		    struct borrowing *ret);

/*
 * Whom the effects' restart stops, and why; `live`: live-restore is in force then all the same. `own`:
 * the keys of dockerd that are the plan's; what others changed of the rest comes with the restart.
 */
void borrowing_stopped(const struct borrowing *b, const struct facts *facts, bool live,
		       const struct effects *effects, const struct strv *own,
		       struct stopped_list *ret);

/*
 * The second half of a plan: compose_stages(), with live-restore borrowed where the effects restart a
 * dockerd that would stop what runs. Then the config file has its part in the plan, though it may end
 * as it is. `known` may be NULL: then the host is looked at. -ESTALE: it is not a file any more.
 */
int compose_effects(struct plan *plan, const struct root *root, const struct facts *facts,
		    const struct borrowing *known, const struct effects *effects,
		    struct error *err);
