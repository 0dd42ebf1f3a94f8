#include <errno.h>

#include "engine/format/schemes/schemes.h"
#include "tests/unit/format-case.h"

static void test_get(void **state)
{
	static const struct get_case cases[] = {
		{"", "a", 0, NULL},
		{"root:x:0:0::/root:/bin/sh\na:x:1:1::/:/x\n", "a", 1, "a:x:1:1::/:/x"},
		{"ab:x:1\n", "a", 0, NULL},
		{"a\n#a:1\n", "a", 0, NULL},
		{"a:1:65536\nb:2:1\na:9:5", "a", 1, "a:1:65536\na:9:5"},
		{"", "", -EINVAL, NULL},
		{"", "a:b", -EINVAL, NULL},
	};

	RUN_GET(entry_text_get, cases);
}

static void test_set(void **state)
{
	static const struct set_case cases[] = {
		{"", "a", "a:1:2", "a:1:2\n", 0},
		{"b:1\n", "a", "a:1:2", "b:1\na:1:2\n", 0},
		{"b:1", "a", "a:1:2\na:3:4", "b:1\na:1:2\na:3:4", 0},
		{"a:1\nb:1\n", "a", "a:2", "a:2\nb:1\n", 0},
		{"a:1\nb:1\n", "a", "a:2\na:3\na:4", "a:2\na:3\na:4\nb:1\n", 0},
		{"a:1\nb:1\na:2\n", "a", "a:3", "a:3\nb:1\n", 0},
		{"b:1\na:1", "a", "a:2\na:3", "b:1\na:2\na:3", 0},
		{"a:1\nb:1\na:2", "a", NULL, "b:1", 0},
		{"b:1\n", "a", NULL, "b:1\n", 0},
		{"b:1\n", "a", "b:2", NULL, -EINVAL},
		{"b:1\n", "a", "", NULL, -EINVAL},
		{"b:1\n", "a", "a:1\nc:1", NULL, -EINVAL},
	};

	RUN_SET(entry_text_set, cases);
}

static void test_round_trips(void **state)
{
	static const char *const texts[] = {"", "b:1", "b:1\n", "b:1\r\n", "# c\n", "b:1\r\nc:1"};

	RUN_ROUND(entry_text_get, entry_text_set, texts, "a", "a:231072:65536");
	RUN_ROUND(entry_text_get, entry_text_set, texts, "a", "a:1:2\na:3:4");
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
