#pragma once

/*
 * harden apply --bisect: what of an apply that failed, and was put back, breaks the host. Parts of it are tried
 * (try.h), the culprits are named (search.h), and the rest is kept.
 */

#include "cli/execution.h"

/* As execution's after(): the exit code that there is now, with x->found. */
int bisect_after(struct execution *x, int code);
