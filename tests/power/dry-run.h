#pragma once

/*
 * `harden plan` on a host that lies on a recording disk: it makes no changing call, the disk is
 * told to write nothing, the sandbox has nothing to stop, and without the sandbox the answer is
 * the same. Each of these counts is also taken of a program for which it must not be 0.
 */

#include "tests/power/commands.h"

void prove_dry_run(const struct options *o);
