#include "cli/duration.h"

#include "tests/test.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int ms;
	} cases[] = {
		{"30", 30000},
		{"30s", 30000},
		{"500ms", 500},
		{"2m", 120000},
		{"2min", 120000},
		{"1h", 3600000},
		{"0", 0},
		{"", -EINVAL},
		{"s", -EINVAL},
		{"-1", -EINVAL},
		{"1.5s", -EINVAL},
		{"3d", -EINVAL},
		{" 3", -EINVAL},
		{"3 s", -EINVAL},
		{"99999999h", -EINVAL},
		{"99999999999999999999", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(duration_parse(cases[i].text), cases[i].ms);
}

static void test_ages(void **state)
{
	static const struct {
		const char *text;
		int s;
	} cases[] = {
		{"45s", 45},         {"90m", 5400},   {"90min", 5400}, {"12h", 43200},
		{"30d", 2592000},    {"2w", 1209600}, {"0d", 0},       {"24855d", 2147472000},
		{"24856d", -EINVAL}, {"30", -EINVAL}, /* of what? */
		{"500ms", -EINVAL},  {"1y", -EINVAL}, {"d", -EINVAL},  {"-1d", -EINVAL},
		{"1.5d", -EINVAL},   {"", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(age_parse(cases[i].text), cases[i].s);
}

static void test_text(void **state)
{
	static const struct {
		uint64_t usec;
		const char *text;
	} cases[] = {
		{0, "0 s"},
		{1, "1 s"},
		{999999, "1 s"},
		{1000000, "1 s"},
		{1000001, "2 s"},
		{59 * UINT64_C(1000000), "59 s"},
		{59 * UINT64_C(1000000) + 1, "1 min"},
		{570 * UINT64_C(1000000), "9 min 30 s"},
		{3600 * UINT64_C(1000000), "1 h"},
		{3660 * UINT64_C(1000000), "1 h 1 min"},
		{86400 * UINT64_C(1000000), "24 h"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *text = duration_text(cases[i].usec);

		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
