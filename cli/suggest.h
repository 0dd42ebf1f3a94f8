#pragma once

/* The nearest known name to a mistyped one. No state; nothing is owned. */

#include <stddef.h>

/* Insertions, deletions, exchanges of one letter and swaps of two neighbours from a to b. */
size_t edit_distance(const char *a, const char *b);

/*
 * Keeps the best candidate while the caller walks over the known names: start with a zeroed
 * struct and `word` set. `best` stays NULL when nothing is near enough to be meant.
 */
struct suggestion {
	const char *word;
	const char *best; /* belongs to whoever offered it */
	size_t distance;
};

void suggestion_offer(struct suggestion *s, const char *name);
