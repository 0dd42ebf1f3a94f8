#include <errno.h>

#include "engine/format/schemes/schemes.h"
#include "tests/unit/format-case.h"

#define KEY "* hard core"

static void test_get(void **state)
{
	static const struct get_case cases[] = {
		{"* hard core 0\n", KEY, 1, "0"},
		{"\t*\tHARD\tCore\t0 # none\r\n", KEY, 1, "0"},
		{"* hard core 0\n* hard core 5\n", KEY, 1, "5"},
		{"* - core 5\n", KEY, 1, "5"},
		{"* hard core 0\n* - core 5\n", KEY, 1, "5"},
		{"* soft core 0\n", KEY, 0, NULL},
		{"bob hard core 0\n@all hard core 0\n** hard core 0\n", KEY, 0, NULL},
		{"# * hard core 0\n* hard # core 0\n* hard core\n", KEY, 0, NULL},
		{"bob -\n", KEY, 0, NULL},
		{"* -\n", KEY, -EBADMSG, NULL},
		{"", "* core", -EINVAL, NULL},
		{"", "* - core", -EINVAL, NULL},
		{"", "* hard core 0", -EINVAL, NULL},
		{"", "# hard core", -EINVAL, NULL},
	};

	RUN_GET(limit_text_get, cases);
}

static void test_set(void **state)
{
	static const struct set_case cases[] = {
		{"", KEY, "0", "* hard core 0\n", 0},
		{"# x\n", KEY, "0", "# x\n* hard core 0\n", 0},
		{"* \thard core  5 # why\n", KEY, "0", "* \thard core  0 # why\n", 0},
		{"* hard core 5\n* hard core 6\n", KEY, "0", "* hard core 5\n* hard core 0\n", 0},
		{"* - core 5\n", KEY, "0", "* - core 5\n* hard core 0\n", 0},
		{"* - core 5\n* hard core 7\nx\n", KEY, NULL, "* soft core 5\nx\n", 0},
		{"* hard core 5\n* soft core 6\n", KEY, NULL, "* soft core 6\n", 0},
		{"x\n", KEY, NULL, "x\n", 0},
		{"* -\n", KEY, "0", NULL, -EBADMSG},
		{"", KEY, "0 0", NULL, -EINVAL},
		{"", KEY, "0\n* - nofile 9", NULL, -EINVAL},
		{"", KEY, "", NULL, -EINVAL},
	};

	RUN_SET(limit_text_set, cases);
}

static void test_round_trips(void **state)
{
	static const char *const texts[] = {"", "a b c d", "# x\r\nbob - core 9\r\n",
					    "\n* soft core 1\n\n"};

	RUN_ROUND(limit_text_get, limit_text_set, texts, KEY, "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_round_trips),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
