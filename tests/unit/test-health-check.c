#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/effect/health-check.h"
#include "engine/effect/live.h"

/* What a container's own check said before and after a change: ours is what was well all the time. */
static void test_compare(void **state)
{
	static const struct check none = {0}, starting = {CHECK_STARTING, false, 0},
				  starting_badly = {CHECK_STARTING, true, 1},
				  healthy = {CHECK_HEALTHY, false, 0, 1},
				  healthy_since = {CHECK_HEALTHY, false, 0, 2},
				  flapping = {CHECK_HEALTHY, true, 0},
				  slipping = {CHECK_HEALTHY, true, 1, 3},
				  slipping_on = {CHECK_HEALTHY, true, 2, 4},
				  unhealthy = {CHECK_UNHEALTHY, true, 3};
	static const struct {
		const struct check *before, *now;
		enum check_turn want;
	} rows[] = {
		{&healthy, &unhealthy, CHECK_BROKE},
		{&flapping, &unhealthy, CHECK_FLAPPED},
		{&slipping, &unhealthy, CHECK_FLAPPED},
		{&starting, &unhealthy, CHECK_FLAPPED},
		{&none, &unhealthy, CHECK_FLAPPED},
		{&unhealthy, &unhealthy, CHECK_AS_BEFORE},
		{&healthy, &healthy_since, CHECK_AS_BEFORE},
		{&healthy, &healthy, CHECK_OPEN},
		{&healthy_since, &healthy, CHECK_OPEN},
		/* no check since */ {&healthy, &slipping, CHECK_SLIPS},
		{&flapping, &slipping, CHECK_SLIPS},
		{&slipping, &slipping_on, CHECK_AS_BEFORE},
		{&healthy, &starting, CHECK_OPEN},
		{&healthy, &starting_badly, CHECK_SLIPS},
		{&starting, &starting, CHECK_AS_BEFORE},
		{&unhealthy, &starting, CHECK_AS_BEFORE},
		{&starting, &healthy, CHECK_AS_BEFORE},
		{&none, &none, CHECK_AS_BEFORE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (check_compare(rows[i].before, rows[i].now) != rows[i].want)
			fail_msg("row %zu", i);
}

static void test_status(void **state)
{
	static const struct {
		const char *text; /* NULL: not told */
		enum check_status want;
	} rows[] = {
		{NULL, CHECK_NONE},         {"none", CHECK_NONE},
		{"unknown", CHECK_NONE},    {"starting", CHECK_STARTING},
		{"healthy", CHECK_HEALTHY}, {"unhealthy", CHECK_UNHEALTHY},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct container c;

		container_init(&c);
		c.health = xstrdup_null(rows[i].text);
		c.failing = 2;
		assert_int_equal(check_of(&c).status, rows[i].want);
		assert_int_equal(check_of(&c).failing, 2);
		container_clear(&c);
	}
}

/* Whatever it said: what dockerd does not run any more says nothing of now. */
static void test_ended(void **state)
{
	static const struct {
		const char *version;
		struct check now;
		bool want;
	} rows[] = {
		{"20.10.24+dfsg1", {CHECK_HEALTHY, false, 0, 5}, true},
		{"20.10.24+dfsg1", {CHECK_UNHEALTHY, true, 3, 4}, true},
		{"20.10.24+dfsg1", {CHECK_STARTING, false, 0, 0}, true},
		{"20.10.24+dfsg1", {CHECK_HEALTHY, false, 0, 6}, false},
		{"20.10.24+dfsg1", {CHECK_NONE, false, 0, 0}, false},
		{"23.0.0", {CHECK_HEALTHY, false, 0, 5}, false},
		{"26.1.5+dfsg1", {CHECK_HEALTHY, false, 0, 5}, false},
		{NULL, {CHECK_HEALTHY, false, 0, 5}, false},
	};
	static const struct check before = {CHECK_HEALTHY, false, 0, 5},
				  dead = {CHECK_HEALTHY, false, 0, 5, .overdue = true};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (check_ended(&before, &rows[i].now, rows[i].version) != rows[i].want)
			fail_msg("row %zu", i);
	assert_false(check_ended(&dead, &rows[0].now, rows[0].version)); /* before, already */
}

/* What an earlier try did to a container's check must not hide the same from the next one. */
static void test_remember_as(void **state)
{
	static const struct check healthy = {CHECK_HEALTHY, false, 0, 1},
				  recovered = {CHECK_HEALTHY, true, 0, 9},
				  unhealthy = {CHECK_UNHEALTHY, true, 3, 12};
	struct watched first[] = {{.id = (char[]){"a"}, .pid = 7, .check = healthy}};
	struct watched later[] = {
		{.id = (char[]){"b"}, .pid = 9, .looped = true, .check = recovered},
		{.id = (char[]){"a"}, .pid = 8, .looped = true, .check = recovered}};
	const struct live was = {.containers = first, .ncontainers = 1};
	struct live now = {.containers = later, .ncontainers = 2};

	assert_int_equal(check_compare(&later[1].check, &unhealthy), CHECK_FLAPPED);
	live_remember_as(&now.effector, &was.effector);
	assert_int_equal(check_compare(&later[1].check, &unhealthy), CHECK_BROKE);
	assert_false(later[1].looped);
	assert_int_equal(later[1].pid, 8); /* it may have been started anew */
	assert_int_equal(check_compare(&later[0].check, &unhealthy), CHECK_FLAPPED);
	assert_true(later[0].looped); /* one that came since is as it came */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_remember_as),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
