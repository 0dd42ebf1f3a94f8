#pragma once

/* The protocol with one of its syncs left out, or all of them: each must be caught. */

#include "tests/power/arms.h"

struct mutant {
	enum point point;
	unsigned arms; /* bits of enum arm: where it is looked for */
	unsigned disks; /* bit 0: one disk, bit 1: two */
};

struct mutant_budget {
	uint64_t seed;
	unsigned rounds; /* seeds, from that one on */
	size_t limit; /* cuts of each recording */
	int verbose;
};

extern const struct mutant mutants[];
extern const size_t mutant_count;

bool mutants_have(enum point point);

/* Runs it on the bench until something bad is seen, or the budget is used up. */
int mutant_run(struct bench *b, const struct mutant *m, const struct mutant_budget *budget,
	       struct tally *tally);
