#pragma once

/*
 * Memory for many small things that live and die together: taken piece by piece, released all
 * at once by arena_clear(). A zeroed arena is a valid empty one. Pieces are aligned for
 * pointers and not initialised.
 */

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	char *at;
	size_t left;
};

void *arena_take(struct arena *a, size_t n);
void arena_clear(struct arena *a);

/* A copy of n bytes with a NUL behind them. */
char *arena_text(struct arena *a, const void *bytes, size_t n);
