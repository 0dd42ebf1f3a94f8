#pragma once

/*
 * From edits and effects to a plan's changes, images and stages. The planner calls it with what
 * the baseline wants, a rollback with a transaction's edits turned round: the same code in both
 * directions. It knows the ways that are only safe in steps:
 *
 *   - live-restore comes into force (by reload) before a restart for other keys, and is given up
 *     after it, so that containers live on; where nobody wants it, it is borrowed (borrow.h);
 *   - a key that a reload applies but whose deletion a reload ignores is first written with its
 *     old value and reloaded, and then deleted.
 */

#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * First half: one change a path, each with two images: the host as it is, and as the edits make
 * it. Edits' paths are canonical; edits of one path keep their order; missing parent directories
 * become changes of their own. The values `before` of the edits are those of the host. A path
 * whose edits change nothing gets no change.
 */
int compose_changes(struct plan *plan, const struct root *root, const struct edits *edits,
		    struct error *err);

/*
 * Second half: the stages for the effects, with the images between. Every change must have its
 * two end images; in a plan that borrows live-restore the config file must be one of them, with its
 * content. Also names the containers that a restart would stop. compose_effects() decides on that.
 */
int compose_stages(struct plan *plan, const struct facts *facts, const struct effects *effects,
		   struct error *err);
