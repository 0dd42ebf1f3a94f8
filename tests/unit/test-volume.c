#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/model/volume.h"

/* What was counted for how long, and what that says of a threshold. */
static const struct {
	uint64_t counted;
	int ms, threshold;
	const char *partly;
	uint64_t per_minute;
	enum volume_verdict verdict;
	const char *text;
} rows[] = {
	{0, 10000, 20, NULL, 0, VOLUME_QUIET, "counted 0 a minute for 10 s, threshold 20"},
	{3, 10000, 20, NULL, 18, VOLUME_QUIET, "counted 18 a minute for 10 s, threshold 20"},
	{9, 30000, 20, NULL, 18, VOLUME_QUIET, "counted 18 a minute for 30 s, threshold 20"},
	/* what is begun is whole: 19.2 is not below 20 by the next whole number */
	{16, 50000, 20, NULL, 20, VOLUME_LOUD, "counted 20 a minute for 50 s, threshold 20"},
	{10, 30000, 20, NULL, 20, VOLUME_LOUD, "counted 20 a minute for 30 s, threshold 20"},
	{320, 30000, 20, NULL, 640, VOLUME_LOUD, "counted 640 a minute for 30 s, threshold 20"},
	{19, 60000, 20, NULL, 19, VOLUME_QUIET, "counted 19 a minute for 1 min, threshold 20"},
	{1, 90500, 20, NULL, 1, VOLUME_QUIET, "counted 1 a minute for 90500 ms, threshold 20"},
	/* silence says nothing of what comes seldom */
	{0, 8999, 20, NULL, 0, VOLUME_UNKNOWN,
	 "not measured: 8999 ms are too short to tell less than 20 a minute, that takes 9 s"},
	{0, 10000, 1, NULL, 0, VOLUME_UNKNOWN,
	 "not measured: 10 s are too short to tell less than 1 a minute, that takes 3 min"},
	{0, 180000, 1, NULL, 0, VOLUME_QUIET, "counted 0 a minute for 3 min, threshold 1"},
	/* ... and noise says all */
	{1, 1000, 20, NULL, 60, VOLUME_LOUD, "counted 60 a minute for 1 s, threshold 20"},
	/* what was not all may still be too much */
	{0, 30000, 20, "WHY", 0, VOLUME_UNKNOWN, "not measured: WHY"},
	{9, 30000, 20, "WHY", 18, VOLUME_UNKNOWN, "not measured: WHY"},
	{10, 30000, 20, "WHY", 20, VOLUME_LOUD,
	 "counted at least 20 a minute for 30 s, threshold 20"},
	/* nobody has counted */
	{0, 0, 20, NULL, 0, VOLUME_UNKNOWN, NULL},
	{UINT64_MAX, 10000, 999999, NULL, UINT64_MAX, VOLUME_LOUD, NULL},
	{UINT64_MAX, 1, 20, NULL, UINT64_MAX, VOLUME_LOUD, NULL},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(volumes_clear) struct volumes v = {.ms = rows[i].ms}, copy = {0};
		struct volume *one = volumes_add(&v, "a.b", rows[i].threshold);
		CLEANUP(freep) char *text = NULL;

		one->counted = rows[i].counted;
		one->partly = xstrdup_null(rows[i].partly);
		assert_int_equal(volume_verdict(&v, one), rows[i].verdict);
		if (i != 16) /* of so many the exact number is nobody's */
			assert_int_equal(volume_per_minute(&v, one), rows[i].per_minute);
		volumes_copy(&copy, &v);
		text = volume_text(&copy, volumes_find(&copy, "a.b"));
		if (rows[i].text)
			assert_string_equal(text, rows[i].text);
	}
}

static void test_find(void **state)
{
	CLEANUP(volumes_clear) struct volumes v = {0};

	assert_null(volumes_find(&v, "a"));
	volumes_add(&v, "a", 1);
	volumes_add(&v, "b", 2);
	assert_int_equal(volumes_find(&v, "b")->threshold, 2);
	assert_null(volumes_find(&v, "c"));
	volumes_copy(&v, NULL);
	assert_int_equal(v.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_find)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
