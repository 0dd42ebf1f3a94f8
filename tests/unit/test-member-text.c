#include <errno.h>

#include "engine/format/schemes/schemes.h"
#include "tests/unit/format-case.h"

static void test_get(void **state)
{
	static const struct get_case cases[] = {
		{"docker:x:999:bob\n", "docker/bob", 1, "member"},
		{"docker:x:999:alice,bob,carl", "docker/bob", 1, "member"},
		{"docker:x:999:bobby,b\n", "docker/bob", 0, NULL},
		{"docker:x:999:\n", "docker/bob", 0, NULL},
		{"dockers:x:1:bob\nx:docker:1:bob\n", "docker/bob", 0, NULL},
		{"docker:!::bob\n", "docker/bob", 1, "member"},
		{"docker:x:999\n", "docker/bob", -EBADMSG, NULL},
		{"", "docker", -EINVAL, NULL},
		{"", "docker/", -EINVAL, NULL},
		{"", "docker/a,b", -EINVAL, NULL},
	};

	RUN_GET(member_text_get, cases);
}

static void test_set(void **state)
{
	static const struct set_case cases[] = {
		{"docker:x:999:\nb:x:1:\n", "docker/bob", "member", "docker:x:999:bob\nb:x:1:\n",
		 0},
		{"docker:x:999:al", "docker/bob", "member", "docker:x:999:al,bob", 0},
		{"docker:x:999:al,bob\r\n", "docker/bob", "member", "docker:x:999:al,bob\r\n", 0},
		{"docker:x:999:al,bob,c\n", "docker/bob", NULL, "docker:x:999:al,c\n", 0},
		{"docker:x:999:bob,c\n", "docker/bob", NULL, "docker:x:999:c\n", 0},
		{"docker:x:999:a,bob\n", "docker/bob", NULL, "docker:x:999:a\n", 0},
		{"docker:x:999:bob\n", "docker/bob", NULL, "docker:x:999:\n", 0},
		{"docker:x:999:bob,bob,a\n", "docker/bob", NULL, "docker:x:999:a\n", 0},
		{"x:x:1:\n", "docker/bob", NULL, "x:x:1:\n", 0},
		{"x:x:1:\n", "docker/bob", "member", NULL, -ENOENT},
		{"docker:x:9:\n", "docker/bob", "yes", NULL, -EINVAL},
	};

	RUN_SET(member_text_set, cases);
}

static void test_round_trips(void **state)
{
	static const char *const texts[] = {"docker:x:9:", "docker:x:9:\n", "docker:x:9:a\r\n",
					    "a:x:1:bob\ndocker:x:9:a,b\nc:x:2:\n"};

	RUN_ROUND(member_text_get, member_text_set, texts, "docker/bob", "member");
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
