#pragma once

/*
 * What holds any control back for the files that it writes, whichever module it comes from: those
 * that are not replaced without being asked. (What its handlers bring: restart-holds.h.)
 */

#include "engine/format/mount-table.h"
#include "engine/model/delta.h"
#include "engine/model/view.h"

int plan_holds(const struct view *v, const struct mount_table *mounts, struct delta *d,
	       struct error *err);
