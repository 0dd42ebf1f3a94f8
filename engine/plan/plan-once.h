#pragma once

/* One run of the planner over all controls, with what earlier runs of the same plan found out. */

#include "engine/plan/planner.h"

struct plan_known {
	struct stopped_list stopped; /* what a restart would stop */
	struct strv keys; /* of dockerd, that are the plan's own */
	bool keys_are_known;
	struct strv late; /* controls that are judged after all others */
};

/* `backwards`: the last control of the baselines is judged first. */
int plan_once(const struct plan_request *request, const struct plan_known *known, bool backwards,
	      struct plan *ret, struct error *err);
