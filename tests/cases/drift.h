#pragma once

/*
 * Somebody changes a host between plan and apply: each path of the plan in turn, by a byte (its
 * size and times staying as they are) or by a bit of its mode, each time on a fresh sandbox.
 */

#include "tests/cases/case.h"

/* A note for each drift that was not refused, or after whose refusal something had been touched. */
void drift_refused(const struct test_case *c, const struct plan *plan, struct strv *notes);
