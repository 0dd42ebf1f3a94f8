#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/nearest.h"

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{"", "", 0},           {"", "abc", 3},           {"level", "level", 0},
		{"levle", "level", 1}, {"lvel", "level", 1},     {"levell", "level", 1},
		{"lebel", "level", 1}, {"kitten", "sitting", 3}, {"abcd", "badc", 2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(name_distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(name_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

static void test_long_names_are_far_from_all(void **state)
{
	char name[NEAREST_MAX + 2] = {0};

	memset(name, 'a', NEAREST_MAX);
	assert_int_equal(name_distance(name, name), 0);
	name[NEAREST_MAX] = 'a';
	assert_int_equal(name_distance(name, "a"), SIZE_MAX);
	assert_int_equal(name_distance("a", name), SIZE_MAX);
}

static void test_hint(void **state)
{
	static const struct {
		const char *given, *hint;
	} cases[] = {
		{"levl", "; did you mean 'level'?"}, /* not "lever", which comes later */
		{"levle", "; did you mean 'level'?"},
		{"aply", "; did you mean 'apply'?"},
		{"titel", "; did you mean 'title'?"},
		{"ids", "; did you mean 'id'?"},
		{"xyzzy", ""},
		{"", ""},
		{"res", "; did you mean 'resources'?"},
		{"completely-else", ""},
		{"a", ""},
	};
	static const char *const names[] = {"id", "title", "level", "apply", "lever", "resources"};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nearest n = {.given = cases[i].given};
		CLEANUP(freep) char *hint = NULL;

		for (size_t j = 0; j < ARRAY_SIZE(names); j++)
			nearest_offer(&n, names[j]);
		hint = nearest_hint(&n, NULL);
		assert_string_equal(hint, cases[i].hint);
	}
}

static void test_hint_of_something_else(void **state)
{
	struct nearest near = {.given = "onyl", .sign = "--"}, far = {.given = "xyzzy"};
	CLEANUP(freep) char *option = NULL, *none = NULL;

	nearest_offer(&near, "only");
	nearest_offer(&far, "only");
	option = nearest_hint(&near, "see the list");
	none = nearest_hint(&far, "see the list");
	assert_string_equal(option, "; did you mean '--only'?");
	assert_string_equal(none, "; see the list");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_long_names_are_far_from_all),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_hint_of_something_else),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
