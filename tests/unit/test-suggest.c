#include "tests/test.h"

#include <string.h>

#include "cli/suggest.h"
#include "engine/base/macros.h"

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{"", "", 0},         {"", "plan", 4},
		{"plan", "plan", 0}, {"paln", "plan", 1},
		{"plam", "plan", 1}, {"plann", "plan", 1},
		{"pln", "plan", 1},  {"check", "apply", 5},
		{"ca", "abc", 3}, /* a swap is not edited again */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(edit_distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(edit_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

static const char *nearest(const char *word)
{
	static const char *const names[] = {"plan", "apply", "rollback", "recover", "json", "ack"};
	struct suggestion s = {.word = word};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		suggestion_offer(&s, names[i]);
	return s.best;
}

static void test_suggestion(void **state)
{
	static const struct {
		const char *word, *best; /* NULL: nothing is near enough */
	} cases[] = {
		{"aply", "apply"},    {"rolback", "rollback"},
		{"roll", "rollback"}, {"recovery", "recover"},
		{"jsn", "json"},      {"xyzzy", NULL},
		{"a", NULL},          {"", NULL},
		{"plna", "plan"},     {"completely-else", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *best = nearest(cases[i].word);

		if (cases[i].best)
			assert_string_equal(best ? best : "(none)", cases[i].best);
		else
			assert_null(best);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_suggestion),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
