#pragma once

/* harden check --next-boot, --next-package: would this host come back? */

#include "cli/context.h"

/* Prints the answer; the exit code of `check`. The context has neither root nor facts yet. */
int next_boot(struct context *c);
