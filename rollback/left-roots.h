#pragma once

/*
 * What userns-remap leaves: dockerd begins a data root of its own for remapped users, DATA-ROOT/UID.GID
 * by the first numbers of their ranges (subuid(5)), and when the setting goes it looks away from it and
 * deletes nothing. Nor does harden, since images and volumes may be in it that nobody has elsewhere: it
 * names them.
 */

#include "engine/base/strv.h"
#include "engine/effect/effector.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * Those that are there and that dockerd does not use, with size and the command that takes them away, a
 * line each. `data_root` is the one in use.
 */
void left_roots(const struct root *root, const char *data_root, struct strv *ret);

/* What a plan that switches it on would leave: fills its remapped_root. */
void left_roots_expect(const struct root *root, const struct facts *facts, struct plan *plan);

/* The effect of the plan that does; NULL: none. */
const struct effect *left_roots_effect(const struct plan *plan);

/* After a plan was put back that may have had dockerd begin one; where nobody can look, nothing is said. */
void left_roots_by(const struct plan *plan, const struct root *root, const struct effector *e,
		   struct strv *ret);
