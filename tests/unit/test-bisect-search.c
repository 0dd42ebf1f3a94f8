/* Which parts are found guilty, for culprits planted in a host that is made up. */

#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "cli/bisect/search.h"
#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/macros.h"

#define MOST_PARTS 40

/* Sets that break the host, as masks; what needs what, as "1 needs 0": {1, 0}. */
struct world {
	const char *what;
	size_t count;
	uint64_t breaks[4];
	int needs[4][2];
	int worthless; /* from 1: the part that is of the least worth; 0: all are of one worth */
	int suspect; /* from 1; 0: none */
	size_t stop; /* the try of which nothing can be told; 0: none */
	const char *found; /* "2 | 0+3": each culprit's members; "?0+1" is not exact */
	const char *kept;
	enum search_end end;
	size_t tries; /* 0: not said */
};

struct host {
	const struct world *w;
	bool needs[MOST_PARTS * MOST_PARTS];
	int worth[MOST_PARTS];
	size_t tries;
	uint64_t kept;
	bool is_open; /* one was tried without what it needs */
};

static uint64_t mask_of(const struct host *h, const bool *with)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < h->w->count; i++)
		mask |= with[i] ? UINT64_C(1) << i : 0;
	return mask;
}

static bool breaks(const struct world *w, uint64_t mask)
{
	for (size_t i = 0; i < ARRAY_SIZE(w->breaks); i++)
		if (w->breaks[i] && (mask & w->breaks[i]) == w->breaks[i])
			return true;
	return false;
}

static void check_closed(struct host *h, const bool *with)
{
	for (size_t i = 0; i < h->w->count; i++)
		for (size_t k = 0; k < h->w->count; k++)
			h->is_open |= with[i] && h->needs[i * h->w->count + k] && !with[k];
}

static enum tried ask(void *data, const bool *with, bool keep)
{
	struct host *h = data;
	uint64_t mask = mask_of(h, with);

	h->tries++;
	check_closed(h, with);
	if (h->w->stop == h->tries)
		return TRIED_STOP;
	if (breaks(h->w, mask))
		return TRIED_BROKEN;
	if (keep)
		h->kept = mask;
	return TRIED_WELL;
}

static size_t suspect(void *data)
{
	const struct host *h = data;

	return h->w->suspect && h->tries == 0 ? (size_t)h->w->suspect - 1 : h->w->count;
}

static void host_init(struct host *h, const struct world *w)
{
	*h = (struct host){.w = w};
	for (size_t i = 0; i < w->count; i++)
		h->worth[i] = (int)i + 1 == w->worthless ? 0 : 1;
	for (size_t i = 0; i < ARRAY_SIZE(w->needs); i++)
		if (w->needs[i][0] != w->needs[i][1])
			h->needs[(size_t)w->needs[i][0] * w->count + (size_t)w->needs[i][1]] = true;
}

static void search_host(struct host *h, struct search_answer *ret)
{
	const struct search_question q = {
		.count = h->w->count,
		.needs = h->needs,
		.worth = h->worth,
		.most = search_most(h->w->count),
		.ask = ask,
		.suspect = suspect,
		.data = h,
	};

	search(&q, ret);
}

static char *found_text(const struct search_answer *a)
{
	struct buf b = {0};

	for (size_t i = 0; i < a->nculprits; i++) {
		buf_puts(&b, i ? " | " : "");
		buf_puts(&b, a->culprits[i].exact ? "" : "?");
		for (size_t k = 0; k < a->culprits[i].count; k++)
			buf_printf(&b, "%s%zu", k ? "+" : "", a->culprits[i].members[k]);
	}
	return buf_take(&b);
}

static char *kept_text(const struct host *h, const bool *kept)
{
	struct buf b = {0};

	for (size_t i = 0; i < h->w->count; i++)
		if (kept[i])
			buf_printf(&b, "%s%zu", b.len ? " " : "", i);
	return buf_take(&b);
}

#define BIT(n) (UINT64_C(1) << (n))

static const struct world worlds[] = {
	{.what = "one of one", .count = 1, .breaks = {1}, .found = "0", .kept = ""},
	{.what = "first", .count = 8, .breaks = {BIT(0)}, .found = "0", .kept = "1 2 3 4 5 6 7"},
	{.what = "last", .count = 8, .breaks = {BIT(7)}, .found = "7", .kept = "0 1 2 3 4 5 6"},
	{.what = "one in the middle",
	 .count = 8,
	 .breaks = {BIT(4)},
	 .found = "4",
	 .kept = "0 1 2 3 5 6 7"},
	{.what = "the one that is suspected",
	 .count = 8,
	 .breaks = {BIT(4)},
	 .suspect = 5,
	 .found = "4",
	 .kept = "0 1 2 3 5 6 7",
	 .tries = 2},
	{.what = "another than is suspected",
	 .count = 8,
	 .breaks = {BIT(6)},
	 .suspect = 5,
	 .found = "6",
	 .kept = "0 1 2 3 4 5 7"},
	{.what = "the second of two",
	 .count = 2,
	 .breaks = {BIT(1)},
	 .found = "1",
	 .kept = "0",
	 .tries = 3},
	{.what = "a pair",
	 .count = 8,
	 .breaks = {BIT(1) | BIT(6)},
	 .found = "1+6",
	 .kept = "0 1 2 3 4 5 7"},
	{.what = "a pair that is all", .count = 2, .breaks = {3}, .found = "0+1", .kept = "0"},
	{.what = "a pair, the first of which is worth less",
	 .count = 8,
	 .breaks = {BIT(1) | BIT(6)},
	 .worthless = 2,
	 .found = "1+6",
	 .kept = "0 2 3 4 5 6 7"},
	{.what = "two",
	 .count = 8,
	 .breaks = {BIT(2), BIT(5)},
	 .found = "2 | 5",
	 .kept = "0 1 3 4 6 7"},
	{.what = "three together",
	 .count = 8,
	 .breaks = {BIT(0) | BIT(3) | BIT(7)},
	 .end = SEARCH_FOUND},
	{.what = "two of two", .count = 2, .breaks = {1, 2}, .found = "0 | 1", .kept = ""},
	{.what = "one that needs another",
	 .count = 8,
	 .breaks = {BIT(5)},
	 .needs = {{5, 2}},
	 .found = "5",
	 .kept = "0 1 2 3 4 6 7"},
	{.what = "one that another needs",
	 .count = 8,
	 .breaks = {BIT(2)},
	 .needs = {{5, 2}},
	 .found = "2",
	 .kept = "0 1 3 4 6 7"},
	{.what = "one that is suspected, and needs the culprit",
	 .count = 8,
	 .breaks = {BIT(2)},
	 .needs = {{5, 2}},
	 .suspect = 6,
	 .found = "2",
	 .kept = "0 1 3 4 6 7"},
	{.what = "it broke by chance",
	 .count = 8,
	 .breaks = {0},
	 .found = "",
	 .kept = "",
	 .end = SEARCH_NOT_THE_CHANGE},
	{.what = "it cannot be told",
	 .count = 8,
	 .breaks = {BIT(4)},
	 .stop = 2,
	 .found = "",
	 .kept = "",
	 .end = SEARCH_STOPPED},
	{.what = "the rest cannot be told of",
	 .count = 2,
	 .breaks = {BIT(0)},
	 .stop = 2,
	 .found = "0",
	 .kept = "",
	 .end = SEARCH_STOPPED},
};

static void try_world(const struct world *w)
{
	CLEANUP(search_answer_clear) struct search_answer a = {0};
	CLEANUP(freep) char *found = NULL, *kept = NULL;
	struct host h;

	host_init(&h, w);
	search_host(&h, &a);
	found = found_text(&a);
	kept = kept_text(&h, a.kept);
	if ((w->found && strcmp(found, w->found) != 0) || (w->kept && strcmp(kept, w->kept) != 0) ||
	    a.end != w->end || (w->tries && a.tries != w->tries) ||
	    a.tries > search_most(w->count) || a.tries != h.tries || h.is_open)
		fail_msg("%s: found '%s', kept '%s', %s, %zu tries", w->what, found, kept,
			 search_end_to_string(a.end), a.tries);
}

static void test_worlds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++)
		try_world(&worlds[i]);
}

static uint64_t random_mask(size_t count, size_t bits)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < bits; i++)
		mask |= BIT((size_t)rand() % count);
	return mask;
}

/* A culprit that is exact breaks the host with what it needs, and no member of it is there for nothing. */
static void check_culprit(const struct host *h, const struct culprit *c)
{
	for (size_t left = 0; left <= c->count && c->exact; left++) {
		uint64_t mask = 0;

		for (size_t i = 0; i < c->count; i++) {
			if (i == left)
				continue;
			mask |= BIT(c->members[i]);
			for (size_t k = 0; k < h->w->count; k++)
				if (h->needs[c->members[i] * h->w->count + k])
					mask |= BIT(k);
		}
		assert_int_equal(breaks(h->w, mask), left == c->count);
	}
}

static void test_random(void **state)
{
	size_t inexact = 0;

	(void)state;
	srand(4711);
	for (size_t n = 0; n < 20000; n++) {
		CLEANUP(search_answer_clear) struct search_answer a = {0};
		struct world w = {.what = "at random", .count = 1 + (size_t)rand() % MOST_PARTS};
		struct host h;

		for (size_t i = 0, count = 1 + (size_t)rand() % 2; i < count; i++)
			w.breaks[i] = random_mask(w.count, 1 + (size_t)rand() % 3);
		for (size_t i = 0; i < 2 && w.count > 4; i++) { /* pairs of their own: closed */
			w.needs[i][0] = (int)(w.count - 1 - i);
			w.needs[i][1] = (int)((size_t)rand() % (w.count - 2));
		}
		w.suspect = rand() % (int)(w.count + 1);
		host_init(&h, &w);
		search_host(&h, &a);
		assert_int_equal(a.end, SEARCH_FOUND);
		assert_true(a.tries <= search_most(w.count));
		assert_false(h.is_open);
		assert_false(breaks(&w, h.kept));
		assert_int_equal(mask_of(&h, a.kept), h.kept);
		assert_int_equal(h.kept & mask_of(&h, a.out), 0);
		assert_true(a.nculprits > 0);
		/* one culprit, or a pair: for that there are tries enough */
		if (!w.breaks[1] && __builtin_popcountll(w.breaks[0]) <= 2)
			assert_true(a.nculprits == 1 && a.culprits[0].exact);
		for (size_t i = 0; i < a.nculprits; i++) {
			check_culprit(&h, &a.culprits[i]);
			inexact += !a.culprits[i].exact;
		}
	}
	print_message("# %zu of 20000 with a culprit that is not exact\n", inexact);
	assert_true(inexact < 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worlds),
		cmocka_unit_test(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
