#pragma once

/*
 * A case: its directory, and what is read from it. case.yaml says
 *
 *     about: one sentence                 required
 *     level: 1                            2 when not given
 *     ack: [id]  only: [glob]  skip: [glob]
 *     observed: [id count why]            as --observe counted it in 30 s: of some, "why" they are not all
 *
 * and want.yaml is the baseline; where there is none it is the one that the program carries. A
 * site.yaml is laid over it.
 */

#include "engine/baseline/baseline.h"
#include "engine/host/read/root.h"
#include "engine/model/plan.h"
#include "engine/plan/planner.h"

struct test_case {
	char *directory;
	char *about;
	long level;
	struct strv ack, only, skip, observed;
	struct volumes volumes; /* the same, read */
	bool daemon_stays; /* a rollback puts files back and leaves the daemon as it is */
	struct baseline baseline;
};

int case_open(struct test_case *c, const char *directory, struct error *err);
void case_close(struct test_case *c);

/* A file of the case; the caller frees it. */
char *case_file(const struct test_case *c, const char *name);

/* What the case asks of the planner; it lives as long as the case and the array of one. */
struct plan_request case_request(const struct test_case *c, const struct baseline **baselines,
				 const struct root *root, const struct facts *facts);

/* The plan for a host, with the checks before apply in it. 0, or 1 when a check forbids it. */
int case_plan(const struct test_case *c, const struct root *root, const struct facts *facts,
	      struct plan *ret, struct error *err);

/* The report of a plan as the program prints it, below its header. */
void case_report(const struct facts *facts, const struct plan *plan, struct buf *ret);

/* Whether golden files are to be written in place of compared. */
bool case_rewrites(void);
