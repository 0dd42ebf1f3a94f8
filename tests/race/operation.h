#pragma once

/*
 * What the victim does, as root, in a loop, while the attacker swaps: one operation of the host
 * layer each, and the same done naively, which must lose.
 */

#include "tests/race/arena.h"

struct operation {
	const char *name;
	const char *what;
	bool stands_still; /* each time begins with open/ as it was, made while the attacker waits */
	bool hard_links; /* also against a hard link to a canary */
	bool naive; /* the control arm: has to lose */
	unsigned long runs; /* at least so many; 0: LEAST_RUNS. For what starts many processes */

	/* Before the attacker goes on; may be NULL. */
	void (*ready)(struct arena *a);

	/* Once; 1: done, 0: refused or failed, -1: bytes of a canary came in. */
	int (*run)(struct arena *a);
};

extern const struct operation operations[];
extern const size_t noperations;
