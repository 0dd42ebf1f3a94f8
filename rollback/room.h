#pragma once

/*
 * Room for all that a transaction writes, asked before its first write: what is known only midway
 * is half a snapshot, or a file that cannot be put back. Blocks and inodes, with a tenth and some
 * more to spare, of the state directory's file system and of each that a file is staged on. A quota
 * is not asked: one that is met ends the staging, which is before the first change, too.
 */

#include "engine/base/error.h"
#include "engine/host/read/root.h"
#include "engine/model/plan.h"
#include "rollback/state.h"

/* -ENOSPC, naming the directory and what it lacks. */
int room_check(const struct plan *plan, const struct state *state, const struct root *root,
	       struct error *err);
