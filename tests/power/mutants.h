#pragma once

/* The protocol with one of its syncs left out, or all of them: each must be caught. */

#include "tests/power/arms.h"

struct mutant {
	enum point point;
	unsigned arms; /* bits of enum arm: where it is looked for */
	unsigned disks; /* bit 0: one disk, bit 1: two */
	const char *needless; /* why nothing can be seen; NULL: it must be caught */
};

extern const struct mutant mutants[];
extern const size_t mutant_count;

/*
 * Runs it on the bench until something bad is seen, or nothing is left to try. The budget is
 * the cuts of each recording.
 */
int mutant_run(struct bench *b, const struct mutant *m, uint64_t seed, size_t limit, int verbose,
	       struct tally *tally);
