#pragma once

/*
 * A map from strings to pointers. It owns copies of its keys, not its values. A zeroed map is
 * a valid empty one.
 */

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	char *key;
	uint64_t hash; /* of the key: only where they are the same are texts compared */
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t size; /* a power of two, or 0 */
	size_t count;
};

void *map_get(const struct map *m, const char *key); /* NULL when it is not there */
void map_put(struct map *m, const char *key, void *value); /* replaces */

/* Releases the map; `free_value` (may be NULL) is called for each value. */
void map_clear(struct map *m, void (*free_value)(void *));
