#pragma once

/* The commands of power.c: each tries what the options choose, and says what it found (tap.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
	const char *fs, *mutant, *arm; /* NULL: all */
	const char *harden; /* the program */
	char *work; /* an empty directory */
	uint64_t seed;
	unsigned rounds; /* seeds, from that one on */
	size_t limit; /* cuts of a recording */
	int verbose;
	bool is_short;
};

void prove_states(const struct options *o);
void prove_mutants(const struct options *o);
void prove_errors(const struct options *o);
void prove_share(const struct options *o);
