#pragma once

/*
 * A saved plan meets the host again: its images are made anew from its edits, and everything
 * must be as it was when the plan was made.
 */

#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * Fills the plan's images with the host's contents. -ESTALE, naming what is not as it was,
 * when this is another host, or a path or the result differs. -EINVAL: it wants a secret, which
 * its file does not have.
 */
int plan_refresh(struct plan *saved, const struct root *root, const struct facts *facts,
		 struct error *err);

/* All edits, or all effects, of a plan in one list, as compose.h takes them. */
void plan_collect_edits(const struct plan *plan, struct edits *ret);
void plan_collect_effects(const struct plan *plan, struct effects *ret);
