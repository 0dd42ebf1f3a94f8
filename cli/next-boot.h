#pragma once

/* harden check --next-boot: would this host come back? */

#include "cli/context.h"

/* Prints the answer; the exit code of `check`. The context has its root, and no facts yet. */
int next_boot(struct context *c);
