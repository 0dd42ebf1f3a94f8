#include "tests/test.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"

static void assert_joined(const struct strv *v, const char *want)
{
	CLEANUP(freep) char *text = strv_join(v, "|");

	assert_string_equal(text, want);
}

static void test_split_and_join(void **state)
{
	static const struct {
		const char *text, *separators, *want;
	} rows[] = {
		{"", " ", ""},
		{"   ", " ", ""},
		{"one", " ", "one"},
		{"a b", " ", "a|b"},
		{"  a \t b  ", " \t", "a|b"},
		{"a,b;c", ",;", "a|b|c"},
		{"a b", ",", "a b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv v = {0};

		strv_split(&v, rows[i].text, rows[i].separators);
		assert_joined(&v, rows[i].want);
	}
}

static void test_add_in_all_ways(void **state)
{
	CLEANUP(strv_clear) struct strv v = {0};

	strv_add(&v, "a");
	strv_add_n(&v, "bcd", 1);
	strv_addf(&v, "%c%d", 'c', 3);
	strv_add_owned(&v, xstrdup("d"));
	strv_add_once(&v, "a");
	strv_add_once(&v, "e");
	assert_joined(&v, "a|b|c3|d|e");
	assert_int_equal(v.count, 5);
}

static void test_remove_at_each_place(void **state)
{
	static const char *const wants[] = {"b|c", "a|c", "a|b"};

	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		CLEANUP(strv_clear) struct strv v = {0};

		strv_split(&v, "a b c", " ");
		strv_remove(&v, i);
		assert_joined(&v, wants[i]);
		strv_add(&v, "z");
		assert_string_equal(v.items[2], "z");
	}
}

static void test_sort(void **state)
{
	CLEANUP(strv_clear) struct strv v = {0};

	strv_sort(&v);
	assert_int_equal(v.count, 0);
	strv_split(&v, "b a B c aa", " ");
	strv_sort(&v);
	assert_joined(&v, "B|a|aa|b|c");
}

static void test_equality_and_copies(void **state)
{
	CLEANUP(strv_clear) struct strv a = {0};
	CLEANUP(strv_clear) struct strv b = {0};

	assert_true(strv_equal(&a, &b));
	strv_split(&a, "x y", " ");
	assert_false(strv_equal(&a, &b));
	strv_copy(&b, &a);
	assert_true(strv_equal(&a, &b));
	assert_ptr_not_equal(a.items[0], b.items[0]);
	strv_add_all(&b, &a);
	assert_joined(&b, "x|y|x|y");
	strv_remove(&b, 0);
	strv_remove(&b, 0);
	strv_remove(&b, 0);
	strv_add(&b, "x");
	assert_joined(&b, "y|x");
	assert_false(strv_equal(&a, &b)); /* the order counts */
	assert_true(strv_contains(&b, "y"));
	assert_false(strv_contains(&b, "z"));
}

static void test_globs(void **state)
{
	static const struct {
		const char *globs, *text;
		int flags;
		bool matches;
	} rows[] = {
		{"", "a", 0, false},
		{"a b*", "a", 0, true},
		{"a b*", "bc", 0, true},
		{"a b*", "cb", 0, false},
		{"a b*", NULL, 0, false},
		{"*", ".hidden", 0, true},
		{"*", ".hidden", FNM_PERIOD, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv globs = {0};

		strv_split(&globs, rows[i].globs, " ");
		assert_int_equal(strv_matches(&globs, rows[i].text, rows[i].flags),
				 rows[i].matches);
	}
	assert_false(strv_matches(NULL, "a", 0));
}

static void test_one_glob_for_many(void **state)
{
	CLEANUP(strv_clear) struct strv v = {0};

	assert_false(strv_has_match(&v, "*"));
	strv_split(&v, "2.1@x 2.2@x", " ");
	assert_true(strv_has_match(&v, "2.2@*"));
	assert_true(strv_has_match(&v, "*"));
	assert_false(strv_has_match(&v, "2.3@*"));
	assert_false(strv_has_match(&v, "2.2"));
}

static void test_clear_twice(void **state)
{
	struct strv v = {0};

	strv_add(&v, "x");
	strv_clear(&v);
	strv_clear(&v);
	strv_clear(NULL);
	assert_null(v.items);
	assert_int_equal(v.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_and_join),
		cmocka_unit_test(test_add_in_all_ways),
		cmocka_unit_test(test_remove_at_each_place),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_equality_and_copies),
		cmocka_unit_test(test_clear_twice),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_one_glob_for_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
