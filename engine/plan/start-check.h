#pragma once

/*
 * Whether dockerd would start with what a plan leaves: with its config file as each stage has it,
 * and where it does not start now. Each notes its check in plan->checks, and is 0, or -EPERM when it
 * forbids the plan.
 */

#include "engine/base/error.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

int plan_check_daemon_file(struct plan *plan, const struct facts *facts, struct error *err);

/* Nothing is written beside a daemon that does not start, but what may be the remediation. */
int plan_check_start(struct plan *plan, const struct facts *facts, struct error *err);
