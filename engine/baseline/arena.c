#include "engine/baseline/arena.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

#define CHUNK_SIZE (64U << 10)
#define ALIGN sizeof(void *)

struct arena_chunk {
	struct arena_chunk *next;
	char bytes[];
};

static void add_chunk(struct arena *a, size_t size)
{
	struct arena_chunk *chunk = xreallocarray(NULL, 1, sizeof(*chunk) + size);

	chunk->next = a->chunks;
	a->chunks = chunk;
	a->at = chunk->bytes;
	a->left = size;
}

void *arena_take(struct arena *a, size_t n)
{
	size_t size = (n + ALIGN - 1) / ALIGN * ALIGN;
	void *piece;

	if (size > a->left || !a->chunks)
		add_chunk(a, size > CHUNK_SIZE ? size : CHUNK_SIZE);
	piece = a->at;
	a->at += size;
	a->left -= size;
	return piece;
}

char *arena_text(struct arena *a, const void *bytes, size_t n)
{
	char *text = arena_take(a, n + 1);

	if (n)
		memcpy(text, bytes, n);
	text[n] = '\0';
	return text;
}

void arena_clear(struct arena *a)
{
	if (!a)
		return;
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	*a = (struct arena){0};
}
