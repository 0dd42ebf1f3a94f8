/*
 * A file's time against the start of a daemon, whoever sets the clock in between: what was written
 * after the start never counts as older, and without a step nothing is in doubt.
 */

#include "tests/test.h"

#include <stdbool.h>
#include <stdlib.h>

#include "engine/base/clock.h"

#define SECOND 1000000ULL
#define BOOT (1700000000 * SECOND) /* what the clock says at 0 of the clock that nobody sets */
#define RUNS 100000

/* The true times are by the clock that nobody sets. */
struct story {
	uint64_t start, step, write, now;
	int64_t by; /* what the wall clock is set by */
};

static uint64_t draw(uint64_t from, uint64_t below)
{
	return from + (uint64_t)random() % (below - from);
}

static struct story invent(void)
{
	struct story s = {.start = draw(10, 100000) * SECOND, .now = 200000 * SECOND};

	s.step = draw(s.start + SECOND, s.now);
	/* nearer than the tolerance nobody tells them apart */
	s.write = draw(0, s.now);
	s.by = ((int64_t)draw(0, 400000) - 200000) * (int64_t)SECOND;
	return s;
}

static uint64_t wall(const struct story *s, uint64_t when)
{
	return BOOT + when + (uint64_t)(when >= s->step ? s->by : 0);
}

static struct moment started(const struct story *s)
{
	return (struct moment){wall(s, s->start), wall(s, s->now) - (s->now - s->start)};
}

static bool is_near(const struct story *s)
{
	return s->write + 3 * SECOND > s->start && s->write < s->start + 3 * SECOND;
}

static void test_nothing_younger_passes(void **state)
{
	size_t told = 0;

	(void)state;
	srandom(4711);
	for (size_t i = 0; i < RUNS; i++) {
		struct story s = invent();
		struct moment m = started(&s);
		enum clock_order o = clock_compare(wall(&s, s.write), &m);

		if (is_near(&s))
			continue;
		if (o == (s.write > s.start ? CLOCK_BEFORE : CLOCK_AFTER))
			fail_msg("run %zu: start %ju, step %ju by %jd, written %ju", i,
				 (uintmax_t)s.start, (uintmax_t)s.step, (intmax_t)s.by,
				 (uintmax_t)s.write);
		told += o != CLOCK_EITHER;
	}
	assert_true(told > RUNS / 2); /* it does not hold everything */
}

static void test_without_a_step_all_is_known(void **state)
{
	(void)state;
	srandom(42);
	for (size_t i = 0; i < RUNS; i++) {
		struct story s = invent();
		struct moment m;

		s.by = (int64_t)draw(0, SECOND) -
		       (int64_t)SECOND / 2; /* no more than a start takes */
		m = started(&s);
		if (!is_near(&s))
			assert_int_equal(clock_compare(wall(&s, s.write), &m),
					 s.write > s.start ? CLOCK_AFTER : CLOCK_BEFORE);
	}
}

static void test_what_is_not_counted_is_no_proof(void **state)
{
	const struct moment m = {BOOT, 0};

	(void)state;
	assert_int_equal(clock_compare(BOOT - 1, &m), CLOCK_EITHER);
	assert_int_equal(clock_compare(BOOT + 1, &m), CLOCK_AFTER);
}

static void test_counted_back_from_now(void **state)
{
	uint64_t now = clock_usec(CLOCK_REALTIME), boot = clock_usec(CLOCK_BOOTTIME);
	struct moment m = clock_moment(7, CLOCK_BOOTTIME, boot - boot / 2);

	(void)state;
	assert_int_equal(m.recorded_usec, 7);
	assert_in_range(m.counted_usec, now - boot / 2 - SECOND, now - boot / 2 + SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_younger_passes),
		cmocka_unit_test(test_without_a_step_all_is_known),
		cmocka_unit_test(test_what_is_not_counted_is_no_proof),
		cmocka_unit_test(test_counted_back_from_now),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
