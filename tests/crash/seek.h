#pragma once

/*
 * `apply --bisect` in the small world: the search of cli/bisect and the runs of cli/execute.c as they are, with
 * the scene in place of the baselines and of the looks at the host, and the stub in place of what runs there.
 * Who links it wraps what stands in seek.c.
 */

#include "tests/crash/victim.h"

#define SEEK_OTHERS 97 /* the rest is kept, but other culprits are named than the scene has */
#define SEEK_NOT_KEPT 98 /* it says that the rest is kept, and knows of none */
#define SEEK_AS_PLANNED 99 /* it says that all is as planned, which breaks the host */

/*
 * Applies, seeks and keeps the rest, under the lock that the state holds. The exit code, but CODE_OK where that
 * says that the rest is kept, or waits to be confirmed.
 */
int seek_apply(const struct victim *v, struct root *root, struct state *state,
	       const struct stub *stub);
