#include "tests/test.h"

#include "cli/again.h"

/* What was said when consent was given, what is so now, and whether that is covered by it. */
static const struct {
	const char *was, *now;
	bool covered;
} rows[] = {
	{"3 images would vanish from view", "3 images would vanish from view", true},
	{"3 images would vanish from view", "2 images would vanish from view", true},
	{"3 images would vanish from view", "1 image would vanish from view", true},
	{"3 images would vanish from view", "4 images would vanish from view", false},
	{"1 image would vanish from view", "2 images would vanish from view", false},
	{"9 images would vanish from view", "10 images would vanish from view", false},
	{"2 containers, 3 images and 1 volume would vanish from view",
	 "1 container, 3 images and 1 volume would vanish from view", true},
	{"2 containers, 3 images and 1 volume would vanish from view",
	 "1 container, 3 images and 2 volumes would vanish from view", false},
	{"3 images would vanish from view",
	 "how many images would vanish from view is not known: no answer", false},
	{"80/tcp of container web", "79/tcp of container web", false},
	{"port 80 of container web", "port 79 of container web", false},
	{"'git' (pid 80) is under way", "'git' (pid 7) is under way", false},
	{"containers a and b talk", "containers a and c talk", false},
	{"", "", true},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (again_is_no_worse(rows[i].was, rows[i].now) != rows[i].covered)
			fail_msg("%s -> %s", rows[i].was, rows[i].now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
