#pragma once

/*
 * The planner: runs every resource's diff over the host, for the verdict, and over the host with
 * the plan laid over it, for edits and effects; derives images and stages, and then runs every diff
 * again over the result, which must yield nothing.
 * It is all the code up to the point where a transaction would begin; it cannot write.
 */

#include "engine/baseline/baseline.h"
#include "engine/baseline/waiver.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

struct plan_request {
	const struct baseline *const *baselines;
	size_t nbaselines;
	const struct facts *facts;
	const struct root *root;
	int level;
	const struct strv *only, *skip; /* globs on ids and aliases; NULL: none */
	const struct strv *ack; /* ids */
	const struct waivers *waivers; /* NULL: none */
	const char *today; /* YYYY-MM-DD, to hold the waivers against */
	const struct volumes *observed; /* what audit rules would record; NULL: nobody counted */
	bool check; /* nothing is planned: each control is judged as if it were the only one */
};

/* Of enum facts_part those that the selected controls read. Facts need not be there yet. */
unsigned plan_needs(const struct plan_request *request);

int plan_compute(const struct plan_request *request, struct plan *ret, struct error *err);
