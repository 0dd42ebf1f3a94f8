#pragma once

/*
 * What the files of the planner share: plan-compute.c makes a plan of one or more runs over all
 * controls, planner.c one such run, with what earlier ones of the same plan found out.
 */

#include "engine/format/mount-table.h"
#include "engine/plan/borrow.h"
#include "engine/plan/judged.h"
#include "engine/plan/planner.h"

struct plan_known {
	bool live_is_known; /* whether live-restore is in force at a restart by the plan: */
	bool live;
	struct borrowing borrowing; /* whether it can be had for the time of that restart, else */
	struct strv keys; /* of dockerd, that are the plan's own */
	bool keys_are_known;
	struct strv late; /* controls that are judged after all others */
	struct mount_table mounts; /* of a live host */
	struct overlay_looks *looks; /* what was seen of the host; borrowed */
	struct judged *judged; /* what the controls are on it; borrowed */
};

/* `backwards`: the last control of the baselines is judged first. */
int plan_once(const struct plan_request *request, const struct plan_known *known, bool backwards,
	      struct plan *ret, struct error *err);
