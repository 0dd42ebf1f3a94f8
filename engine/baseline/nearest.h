#pragma once

/*
 * "did you mean ...?": offer all names that would have been right; `best` is then the one
 * nearest to what was given, or NULL when none is near enough to be a slip of the fingers.
 */

#include <stddef.h>

struct nearest {
	const char *given;
	const char *sign; /* what a hint puts before the name ("--"), or NULL */
	const char *best; /* one of the offered names */
	size_t distance; /* of best */
};

void nearest_offer(struct nearest *n, const char *name);

/* "; did you mean 'NAME'?"; where nothing is near "; OTHERWISE", or "" for NULL. The caller frees it. */
char *nearest_hint(const struct nearest *n, const char *otherwise);

/*
 * Edits (insert, delete, replace, swap two neighbours) between two names; names of more than
 * NEAREST_MAX bytes are never near anything (SIZE_MAX).
 */
#define NEAREST_MAX 48
size_t name_distance(const char *a, const char *b);
