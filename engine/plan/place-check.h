#pragma once

/*
 * Whether the place of a change allows it: a file that is a mount point cannot be replaced by another
 * (EBUSY), nothing can be written through a read-only mount, be it root, and nothing is renamed in a
 * directory with chattr +i or +a. Known from the mounts and the flags, before anything is begun.
 */

#include "engine/base/error.h"
#include "engine/format/mount-table.h"
#include "engine/model/delta.h"
#include "engine/model/plan.h"
#include "engine/model/view.h"

/* Refuses an item of the delta when a file is such that an edit cannot be written into it: a NUL byte, say. */
void refuse_odd_files(const struct view *v, struct delta *d);

/* Of a way back: -EPERM where a file has become a mount point since, or stands on a read-only one. */
int plan_check_places(struct plan *plan, const struct facts *facts, struct error *err);

/* Refuses the items whose edits cannot be made, the whole delta when an effect cannot. `mounts`: as the facts have them. */
void refuse_closed_places(const struct view *v, const struct mount_table *mounts, struct delta *d);
