#include "engine/base/map.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash(const char *s)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	return h;
}

static struct map_slot *find(const struct map *m, const char *key, uint64_t h)
{
	size_t i = h & (m->size - 1);

	while (m->slots[i].key && (m->slots[i].hash != h || strcmp(m->slots[i].key, key) != 0))
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

static void grow(struct map *m)
{
	struct map bigger = {.size = m->size ? 2 * m->size : 16, .count = m->count};

	bigger.slots = xcalloc(bigger.size, sizeof(*bigger.slots));
	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].key)
			*find(&bigger, m->slots[i].key, m->slots[i].hash) = m->slots[i];
	free(m->slots);
	*m = bigger;
}

void *map_get(const struct map *m, const char *key)
{
	return m->size ? find(m, key, hash(key))->value : NULL;
}

void map_put(struct map *m, const char *key, void *value)
{
	struct map_slot *slot;
	uint64_t h = hash(key);

	if (4 * (m->count + 1) > 3 * m->size)
		grow(m);
	slot = find(m, key, h);
	if (!slot->key) {
		slot->key = xstrdup(key);
		slot->hash = h;
		m->count++;
	}
	slot->value = value;
}

void map_clear(struct map *m, void (*free_value)(void *))
{
	for (size_t i = 0; i < m->size; i++) {
		free(m->slots[i].key);
		if (free_value && m->slots[i].value)
			free_value(m->slots[i].value);
	}
	free(m->slots);
	*m = (struct map){0};
}
