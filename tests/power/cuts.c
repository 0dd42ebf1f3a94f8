#include "tests/power/cuts.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "tests/power/recorder.h"

#define PAGE 4096
#define SMALL 7 /* pending writes whose subsets are all made */
#define SAMPLES 24
#define BUT_ONES 32

void log_pending(const struct log *l, size_t at, struct pending *ret)
{
	bool flushed[MAX_DISKS] = {false};
	size_t left = MAX_DISKS;

	ret->count = 0;
	for (size_t i = at; i > 0 && left > 0; i--) {
		const struct log_head *h = &l->entries[i - 1].head;

		if (h->kind == LOG_MARK || flushed[h->disk])
			continue;
		if (h->kind == LOG_FLUSH) {
			flushed[h->disk] = true;
			left--;
			continue;
		}
		*(size_t *)array_append(&ret->items, &ret->count, sizeof(size_t)) = i - 1;
	}
	for (size_t i = 0; i < ret->count / 2; i++) { /* oldest first */
		size_t other = ret->items[ret->count - 1 - i];

		ret->items[ret->count - 1 - i] = ret->items[i];
		ret->items[i] = other;
	}
}

size_t cut_bytes(const struct cut *c, const struct log *l, const struct pending *p, size_t j)
{
	size_t all = l->entries[p->items[j]].head.length;

	switch (c->kind) {
	case CUT_MASK:
		return c->argument >> j & 1 ? all : 0;
	case CUT_RANDOM:
		return mix64(c->argument ^ mix64(p->items[j])) & 1 ? all : 0;
	case CUT_BUT_ONE:
		return j == c->argument ? 0 : all;
	case CUT_TORN:
		return j + 1 < p->count ? all : c->argument * PAGE;
	default:
		return all;
	}
}

uint64_t cut_key(const struct cut *c, const struct log *l, const struct pending *p)
{
	size_t next = 0;
	uint64_t key = 0;

	for (size_t i = 0; i < c->at; i++) {
		size_t bytes = l->entries[i].head.length;

		if (l->entries[i].head.kind != LOG_WRITE)
			continue;
		if (next < p->count && p->items[next] == i)
			bytes = cut_bytes(c, l, p, next++);
		if (bytes)
			key ^= mix64(l->entries[i].key + bytes);
	}
	return key;
}

static void add(struct cuts *c, size_t at, enum cut_kind kind, uint64_t argument)
{
	*(struct cut *)array_append(&c->items, &c->count, sizeof(struct cut)) =
		(struct cut){at, kind, argument};
}

static void add_subsets(struct cuts *c, size_t at, size_t pending, uint64_t seed)
{
	if (pending <= SMALL) {
		for (uint64_t mask = 0; mask < 1U << pending; mask++)
			add(c, at, CUT_MASK, mask);
		return;
	}
	add(c, at, CUT_MASK, 0);
	for (size_t i = 0; i < pending && i < BUT_ONES; i++)
		add(c, at, CUT_BUT_ONE, pending <= BUT_ONES ? i : mix64(seed + i) % pending);
	for (uint64_t i = 0; i < SAMPLES; i++)
		add(c, at, CUT_RANDOM, mix64(seed ^ mix64(at) ^ i));
}

static void add_torn(struct cuts *c, size_t at, size_t bytes)
{
	size_t pages = bytes / PAGE;

	if (pages < 2)
		return;
	add(c, at, CUT_TORN, 1);
	if (pages > 2)
		add(c, at, CUT_TORN, pages - 1);
	if (pages > 4)
		add(c, at, CUT_TORN, pages / 2);
}

static int by_key(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void thin(struct cuts *c, size_t limit, uint64_t seed)
{
	CLEANUP(freep) uint64_t *keys = xcalloc(c->count + 1, sizeof(*keys));
	uint64_t most;
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++)
		keys[i] = mix64(seed ^ mix64(i));
	qsort(keys, c->count, sizeof(*keys), by_key);
	most = keys[limit];
	for (size_t i = 0; i < c->count; i++)
		if (mix64(seed ^ mix64(i)) < most)
			c->items[kept++] = c->items[i];
	c->count = kept;
}

void cuts_make(const struct log *l, size_t limit, uint64_t seed, struct cuts *ret)
{
	size_t begin = log_find(l, "BEGIN") + 1, end = log_find(l, "END");
	struct pending pending = {0};

	for (size_t at = begin; at <= end && at <= l->count; at++) {
		const struct log_head *last = &l->entries[at - 1].head;
		bool stops = at == end || l->entries[at].head.kind != LOG_WRITE;

		if (last->kind == LOG_WRITE) {
			add(ret, at, CUT_ALL, 0);
			add_torn(ret, at, last->length);
		}
		if (!stops)
			continue;
		log_pending(l, at, &pending);
		add_subsets(ret, at, pending.count, seed);
	}
	free(pending.items);
	if (ret->count > limit)
		thin(ret, limit, seed);
}

void cuts_clear(struct cuts *c)
{
	free(c->items);
	*c = (struct cuts){0};
}
