#pragma once

/* What dockerd itself says of the planned files, before the first of them is written. */

#include "cli/execution.h"

/*
 * CODE_OK where it would start with them, or cannot be asked and need not be; else it said why. What dockerd
 * does not start with is x->result.failure, and x->failed_trial is set.
 */
int trial_of_plan(struct execution *x);
