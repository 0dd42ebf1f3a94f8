#pragma once

/*
 * What the undo of a plan would and would not bring back, reckoned control by control from the plan's
 * changes, effects and the containers that it stops.
 */

#include "engine/base/strv.h"
#include "engine/model/plan.h"

struct undo_sum {
	struct strv exactly; /* controls of the plan that an undo brings back as it was */
	struct strv not_exactly; /* the others; sorted, like those */
	struct strv lost; /* what they leave, a sentence each */
};

void undo_sum_of(const struct plan *plan, struct undo_sum *ret);
void undo_sum_clear(struct undo_sum *u);

/* "every change above can be undone", and but what; the caller frees it. */
char *undo_sum_text(const struct undo_sum *u);
