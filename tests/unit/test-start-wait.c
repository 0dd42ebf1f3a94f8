#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/macros.h"
#include "engine/effect/start-wait.h"

#define SECOND 1000000ULL

static void test_how_long(void **state)
{
	static const struct {
		uint64_t limit_usec;
		int ms;
	} rows[] = {
		{0, 120000}, /* not told */
		{90 * SECOND, 120000},
		{120 * SECOND, 120000},
		{180 * SECOND, 180000},
		{600 * SECOND, 600000},
		{3600 * SECOND, 600000},
		{UINT64_MAX, 600000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(start_wait_ms(rows[i].limit_usec), rows[i].ms);
}

/* Only a wait that is over is held against what systemd says; a job that failed has failed. */
static void test_what_came_of_it(void **state)
{
	static const struct {
		int code;
		const char *active;
		int result;
		const char *words;
	} rows[] = {
		{0, NULL, 0, "before"},
		{-ETIMEDOUT, "active", 0, "before"},
		{-ETIMEDOUT, "activating", -ETIMEDOUT, "still starting after 600 s, and nothing"},
		{-ETIMEDOUT, "failed", -ETIMEDOUT, "before"},
		{-ETIMEDOUT, NULL, -ETIMEDOUT, "before"},
		{-EIO, "active", -EIO, "before"},
		{-EINTR, "active", -EINTR, "before"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};

		error_set(&err, -EIO, "before");
		assert_int_equal(start_wait_end(rows[i].code, rows[i].active, 600000, &err),
				 rows[i].result);
		assert_non_null(strstr(error_text(&err), rows[i].words));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_long),
		cmocka_unit_test(test_what_came_of_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
