#pragma once

/*
 * From edits and effects to a plan's changes, images and stages. The planner calls it with what
 * the baseline wants, a rollback with a transaction's edits turned round: the same code in both
 * directions. It knows the ways that are only safe in steps:
 *
 *   - live-restore comes into force (by reload) before a restart for other keys, and is given up
 *     after it, so that containers live on;
 *   - a key that a reload applies but whose deletion a reload ignores is first written with its
 *     old value and reloaded, and then deleted.
 */

#include "engine/host/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * Adds to `plan` the changes and stages for the edits and effects. Edits' paths are canonical;
 * edits of one path keep their order. Every path is observed: images[0] is the host as it is.
 */
int plan_compose(struct plan *plan, const struct root *root, const struct facts *facts,
		 const struct edits *edits, const struct effects *effects, struct error *err);

/* Applies one edit to an image (attribute or content). */
int image_apply_edit(struct image *image, const struct edit *edit, struct error *err);

/* The value an image has for an edit's subject (NULL: not there); the caller frees it. */
int image_value(const struct image *image, const char *subject, char **ret_value,
		struct error *err);
