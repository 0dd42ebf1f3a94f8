#pragma once

/*
 * A view of the host as a plan leaves it: the last images of its changes lie over the files. Of what is in force, and
 * of the names in a directory, it tells what the view below tells.
 */

#include "engine/model/plan.h"
#include "engine/model/view.h"

struct after_view {
	struct view base; /* what modules are given */
	const struct view *below;
	const struct plan *plan;
};

/* Both are borrowed; nothing is to be cleared. */
void after_view_init(struct after_view *a, const struct view *below, const struct plan *plan);
