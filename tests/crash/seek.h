#pragma once

/*
 * `apply --bisect` in the small world: the search of cli/bisect and the runs of cli/execute.c as they are, with
 * the scene in place of the baselines and of the looks at the host, and the stub in place of what runs there.
 * Who links it wraps what stands in seek.c.
 */

#include "rollback/state.h"
#include "tests/crash/mutant.h"
#include "tests/crash/scene.h"

#define SEEK_OTHERS 97 /* the rest is kept, but other culprits are named than the scene has */
#define SEEK_NOT_KEPT 98 /* it says that the rest is kept, and knows of none */
#define SEEK_AS_PLANNED 99 /* it says that all is as planned, which breaks the host */

struct seek {
	enum scene scene;
	enum victim_mutant mutant;
	const struct stub *stub; /* each run has one like it */
	int confirm_ms; /* 0: the rest is kept at once */
	int message_fd; /* where its messages go */
};

/*
 * Applies, seeks and keeps the rest, under the lock that the state holds. The exit code, but CODE_OK where that
 * says that the rest is kept, or waits to be confirmed.
 */
int seek_apply(const struct seek *s, struct root *root, struct state *state);
