#pragma once

/* What brings a plan into force, as the command line wants it. */

#include "engine/effect/effector.h"

struct context;

/* The live host's effector, or with --root the one that runs nothing; says its own errors. `c` outlives it. */
int effector_open(struct context *c, struct effector **ret);
