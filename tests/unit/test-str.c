#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/base/str.h"

static const struct {
	const char *text, *affix;
	bool begins, ends;
	size_t stem;
} affixes[] = {
	{NULL, "a", false, false, 0},
	{NULL, "", false, false, 0},
	{"", "", true, true, 0},
	{"", "a", false, false, 0},
	{"a", "", true, true, 1},
	{"a", "a", true, true, 0},
	{"a", "ab", false, false, 0},
	{"ab", "ab", true, true, 0},
	{"abc", "ab", true, false, 0},
	{"cab", "ab", false, true, 1},
	{"ab-ab", "ab", true, true, 3},
	{"aB", "ab", false, false, 0},
	{"/usr/lib", "/usr/", true, false, 0},
	{"/usr", "/usr/", false, false, 0},
	{"10-x.conf", ".conf", false, true, 4},
	{".conf", ".conf", true, true, 0},
	{"x.conf~", ".conf", false, false, 0},
};

static void test_how_a_string_begins_and_ends(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(affixes); i++) {
		const char *s = affixes[i].text, *affix = affixes[i].affix;
		const char *rest = skip_prefix(s, affix);

		assert_int_equal(starts_with(s, affix), affixes[i].begins);
		assert_ptr_equal(rest, affixes[i].begins ? s + strlen(affix) : NULL);
		assert_int_equal(ends_with(s, affix), affixes[i].ends);
		assert_int_equal(stem_length(s, affix), affixes[i].stem);
	}
}

static void test_that_letters_may_be_of_any_case(void **state)
{
	const char *s = "cap_Chown";

	assert_ptr_equal(skip_prefix_case(s, "CAP_"), s + 4);
	assert_ptr_equal(skip_prefix_case(s, ""), s);
	assert_null(skip_prefix_case(s, "CAP-"));
	assert_null(skip_prefix_case("CA", "CAP_"));
	assert_null(skip_prefix_case(NULL, ""));
}

/* The bytes behind the n that are asked for are there to be taken by mistake. */
static void test_that_sizes_are_kept_to(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(affixes); i++) {
		const char *affix = affixes[i].affix;
		size_t n = affixes[i].text ? strlen(affixes[i].text) : 0;
		CLEANUP(freep) char *more = xasprintf("%s%s", affixes[i].text ?: "", affix);

		if (!affixes[i].text)
			continue;
		assert_int_equal(starts_with_n(more, n, affix), affixes[i].begins);
		assert_int_equal(ends_with_n(more, n, affix), affixes[i].ends);
		assert_int_equal(equals_n(more, n, affix), strcmp(affixes[i].text, affix) == 0);
	}
	assert_true(equals_n("a\0b", 1, "a"));
	assert_false(equals_n("a\0b", 2, "a"));
	assert_false(equals_n("a\0b", 3, "a"));
}

static void test_what_stands_behind_a_key(void **state)
{
	static const struct {
		const char *text, *key;
		char sign;
		const char *rest;
	} rows[] = {
		{"root:x:0", "root", ':', "x:0"}, {"root:", "root", ':', ""},
		{"root", "root", ':', NULL},      {"rootless:x", "root", ':', NULL},
		{"roo:x", "root", ':', NULL},     {"", "root", ':', NULL},
		{NULL, "root", ':', NULL},        {"PATH=/bin", "PATH", '=', "/bin"},
		{"PATH:/bin", "PATH", '=', NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *rest = skip_key(rows[i].text, rows[i].key, rows[i].sign);

		assert_int_equal(rest != NULL, rows[i].rest != NULL);
		if (rest)
			assert_string_equal(rest, rows[i].rest);
	}
}

static void test_where_a_word_ends(void **state)
{
	static const struct {
		const char *text, *word, *ends;
		bool want;
	} rows[] = {
		{"name=userns", "name=userns", ",", true},
		{"name=userns,x", "name=userns", ",", true},
		{"name=usernsx", "name=userns", ",", false},
		{"name=user", "name=userns", ",", false},
		{"/usr/lib", "/usr", "/", true},
		{"/usrlib", "/usr", "/", false},
		{"a:b", "a", "=", false},
		{"a:b", "a", "=:", true},
		{"ab", "a", "", false},
		{"a", "a", "", true},
		{NULL, "a", "", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(starts_with_word(rows[i].text, rows[i].word, rows[i].ends),
				 rows[i].want);
}

static void test_what_is_blank(void **state)
{
	static const struct {
		const char *text;
		bool blank;
	} rows[] = {
		{NULL, true},  {"", true},    {" \t\r\n", true},   {"a", false},
		{" a", false}, {"a ", false}, {"\xc2\xa0", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(is_blank(rows[i].text), rows[i].blank);
}

static void test_what_trimming_leaves(void **state)
{
	static const struct {
		const char *text, *blanks, *want;
	} rows[] = {
		{"", " ", ""},           {"   ", " ", ""},     {"a", " ", "a"},
		{"  a b  ", " ", "a b"}, {"\ta ", " ", "\ta"}, {"\ta ", " \t", "a"},
		{"a", "", "a"},
	};

	CLEANUP(freep) char *nul = trim_n("\0a", 2, " ");

	assert_string_equal(nul, ""); /* the end of a string is no blank */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *whole = trim(rows[i].text, rows[i].blanks);
		CLEANUP(freep) char *more = xasprintf("%s x", rows[i].text);
		CLEANUP(freep) char *part = trim_n(more, strlen(rows[i].text), rows[i].blanks);

		assert_string_equal(whole, rows[i].want);
		assert_string_equal(part, rows[i].want);
	}
}

static void test_what_is_among_words(void **state)
{
	static const char *const list[] = {"run", "up", ""};

	assert_true(is_among("run", list, 3));
	assert_true(is_among("", list, 3));
	assert_false(is_among("", list, 2));
	assert_false(is_among("ru", list, 3));
	assert_false(is_among("runs", list, 3));
	assert_false(is_among("up", list, 1)); /* only of so many */
	assert_false(is_among(NULL, list, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_a_string_begins_and_ends),
		cmocka_unit_test(test_that_letters_may_be_of_any_case),
		cmocka_unit_test(test_that_sizes_are_kept_to),
		cmocka_unit_test(test_what_stands_behind_a_key),
		cmocka_unit_test(test_where_a_word_ends),
		cmocka_unit_test(test_what_is_blank),
		cmocka_unit_test(test_what_is_among_words),
		cmocka_unit_test(test_what_trimming_leaves),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
