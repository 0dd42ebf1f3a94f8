#include "tests/crash/planning.h"

#include <errno.h>

#include "engine/base/alloc.h"

#define CONTROL_STEP 8 /* of a search a broken one is killed at one call in so many */
#define SEARCH_STEP                                                                                \
	24 /* of a search one call in so many, of which all are followed by a second one */
#define SHARE_STEP 8 /* in a small share one kill in so many is followed by a second one */

static void add_item(struct items *all, const struct item *item)
{
	*(struct item *)array_append(&all->items, &all->count, sizeof(*item)) = *item;
}

/* Whether a case belongs to the share: the same ones with the same seed. */
static bool in_share(const struct share *share, const struct items *all, size_t extra)
{
	uint64_t x = (share->seed + all->count + extra * 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;

	x ^= x >> 29;
	return x % share->one_in == 0;
}

/*
 * A search is many runs, each alike and made of the same calls as an apply: in a small share one call in so many
 * is enough.
 */
static bool is_passed_over(const struct share *share, const struct bench *b, size_t at)
{
	return scene_is_search(b->scene) && share->one_in >= SHARE_STEP &&
	       at % SEARCH_STEP != share->seed % SEARCH_STEP;
}

/* Of those that are taken, one in so many. */
static bool shall_go_on(const struct share *share, const struct bench *b, size_t at)
{
	if (scene_is_search(b->scene) && share->one_in >= SHARE_STEP)
		at /= SEARCH_STEP;
	return share->one_in == 1 || at % SHARE_STEP == 0;
}

/* The calls of a whole run of the deed, or of the recover after it was killed at `at`. */
static int count_calls(struct bench *b, enum deed deed, size_t at, unsigned classes,
		       struct trace_result *ret)
{
	struct trace_order kill = {.action = TRACE_KILL, .classes = TRACE_MUTATES, .at = at};
	struct trace_order count = {.action = TRACE_COUNT, .classes = classes};
	int r = bench_reset(b, deed);

	ret->keep_calls = true;
	if (r >= 0 && at == 0)
		return bench_trace(b, deed, &count, ret);
	if (r >= 0) {
		struct trace_result killed = {0};

		r = bench_trace(b, deed, &kill, &killed);
	}
	return r < 0 ? r : bench_trace_recover(b, deed, &count, ret);
}

static void add_kills(const struct share *share, const struct bench *b, struct items *all,
		      size_t *skipped, enum deed deed, size_t at, const struct trace_result *calls,
		      size_t recover_calls)
{
	struct item item = {.deed = deed, .at = at, .classes = TRACE_MUTATES};

	item.goes_on = shall_go_on(share, b, at);
	add_item(all, &item);
	item.goes_on = false;
	item.kind = CASE_TORN;
	if (calls->calls[at - 1].bytes > 1)
		add_item(all, &item);
	for (size_t k = 1; k <= recover_calls; k++) {
		item.kind = CASE_NESTED;
		item.then = k;
		if (in_share(share, all, ++*skipped))
			add_item(all, &item);
		/* the cube is too many: a few of each */
		item.kind = CASE_THRICE;
		item.third = 1 + (k * 7 + at) % recover_calls;
		if (k % 10 == at % 10 && in_share(share, all, ++*skipped))
			add_item(all, &item);
		item.third = 0;
	}
}

/* Every kill of a deed, and every kill of the recover after each of them. */
static int plan_kills(const struct share *share, struct bench *b, enum deed deed, struct items *all)
{
	CLEANUP(trace_result_clear) struct trace_result calls = {0};
	size_t skipped = 0;
	int r = count_calls(b, deed, 0, TRACE_MUTATES, &calls);

	for (size_t at = 1; at <= calls.ncalls && r >= 0; at++) {
		CLEANUP(trace_result_clear) struct trace_result after = {0};

		if (is_passed_over(share, b, at))
			continue;
		if (share->one_in < SHARE_STEP || at % SHARE_STEP == share->seed % SHARE_STEP)
			r = count_calls(b, deed, at, TRACE_MUTATES, &after);
		if (r >= 0)
			add_kills(share, b, all, &skipped, deed, at, &calls, after.ncalls);
	}
	return r;
}

static void add_errors(const struct share *share, struct items *all, size_t *skipped,
		       struct item *item, const struct trace_call *call)
{
	static const enum case_kind kinds[] = {CASE_ERROR, CASE_STICKY, CASE_DEAD};
	bool changes = call->class == TRACE_MUTATES;

	for (size_t i = 0; i < FAIL_COUNT; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(kinds) && call->errors & 1U << i; k++) {
			item->error = trace_errnos[i];
			item->kind = kinds[k];
			if (kinds[k] == CASE_DEAD && (!changes || item->error == EINTR))
				continue;
			if (in_share(share, all, ++*skipped))
				add_item(all, item);
		}
	}
	item->error = 0;
	item->kind = CASE_SHORT;
	if (call->bytes > 1 && (changes || in_share(share, all, ++*skipped)))
		add_item(all, item);
}

/* Every error at every call of the class. */
static int plan_errors(const struct share *share, struct bench *b, enum deed deed, unsigned class,
		       struct items *all)
{
	CLEANUP(trace_result_clear) struct trace_result calls = {0};
	size_t skipped = 0;
	int r = count_calls(b, deed, 0, class, &calls);

	for (size_t at = 1; at <= calls.ncalls && r >= 0; at++) {
		struct item item = {.deed = deed, .at = at, .classes = class};

		if (!is_passed_over(share, b, at))
			add_errors(share, all, &skipped, &item, &calls.calls[at - 1]);
	}
	return r;
}

/* Those that recover start where most is to be put back: at the kill of apply with the longest recover. */
static int find_broken_at(struct bench *b)
{
	CLEANUP(trace_result_clear) struct trace_result calls = {0};
	size_t most = 0, found = 0;
	int r = count_calls(b, DEED_APPLY, 0, TRACE_MUTATES, &calls);

	for (size_t at = calls.ncalls / 2; at <= calls.ncalls && r >= 0; at++) {
		CLEANUP(trace_result_clear) struct trace_result after = {0};

		if (calls.calls[at - 1].bytes == 0)
			continue; /* no record of the journal */
		r = count_calls(b, DEED_APPLY, at, TRACE_MUTATES, &after);
		if (after.ncalls > most) {
			most = after.ncalls;
			found = at;
		}
	}
	return r < 0 ? r : bench_break_at(b, found);
}

int plan_campaign(const struct share *share, struct bench *b, enum campaign which,
		  struct items *ret)
{
	int r = find_broken_at(b);

	for (int d = 0; d < DEED_COUNT && r >= 0; d++) {
		enum deed deed = (enum deed)d;

		if (which == CAMPAIGN_KILL)
			r = plan_kills(share, b, deed, ret);
		else
			r = plan_errors(share, b, deed,
					which == CAMPAIGN_READ ? TRACE_READS : TRACE_MUTATES, ret);
	}
	return r;
}

int plan_control(struct bench *b, enum deed deed, bool errors, bool goes_on, struct items *ret)
{
	CLEANUP(trace_result_clear) struct trace_result calls = {0};
	size_t step = scene_is_search(b->scene) ? CONTROL_STEP : 1;
	int r = count_calls(b, deed, 0, TRACE_MUTATES, &calls);

	for (size_t at = step; at <= calls.ncalls && r >= 0; at += step) {
		struct item item = {.kind = errors ? CASE_ERROR : CASE_KILL,
				    .deed = deed,
				    .at = at,
				    .classes = TRACE_MUTATES,
				    .goes_on = goes_on,
				    .error = errors ? EIO : 0};

		add_item(ret, &item);
	}
	return r;
}
