#pragma once

/*
 * What stands against carrying a plan out although its own checks are fine: the host, or what the
 * command line forbids. Asked by the runs that write and by those that only show what they would do,
 * so that both refuse alike.
 */

#include "cli/context.h"

/*
 * CODE_OK; else the code to end with, each reason said and among the checks of the context's plan.
 * `kind` is that of the run: "apply", "rollback".
 */
int check_hurdles(struct context *c, const char *kind);

/* Those that a run meets by itself on its way, asked ahead for one that only shows. */
int check_hurdles_ahead(struct context *c, const char *kind);
