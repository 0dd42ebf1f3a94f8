#include "engine/format/command-line.h"

#include <errno.h>

#include "tests/unit/format-case.h"

/* Words are written with | between them. */
static void test_split(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"  /usr/bin/dockerd  -H fd://\t", "/usr/bin/dockerd|-H|fd://"},
		{"-@/bin/a $OPTS %i ${X}", "-@/bin/a|$OPTS|%i|${X}"},
		{"a 'b c' \"d e\" ''", "a|b c|d e|"},
		{"a'b c'd", "ab cd"},
		{"\"a'b\" 'a\"b'", "a'b|a\"b"},
		{"a\\ b", "a\\|b"}, /* no such escape: the backslash stays */
		{"a\\sb \\x41\\102\\u00e4\\U0001f600", "a b|AB\xc3\xa4\xf0\x9f\x98\x80"},
		{"\"a\\\"b\\\\\" 'c\\'d'", "a\"b\\|c'd"},
		{"a\\tb\\q\\x4", "a\tb\\q\\x4"},
		{"a\\", "a\\"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_clear) struct strv words = {0};
		CLEANUP(freep) char *joined = NULL;

		assert_int_equal(command_line_split(cases[i][0], &words, NULL), 0);
		joined = strv_join(&words, "|");
		assert_string_equal(joined, cases[i][1]);
	}
}

static void test_split_value(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"  -H fd://\t", "-H|fd://"},
		{"a 'b c' \"d e\" ''", "a|b c|d e|"},
		{"a'b c'd", "ab cd"},
		{"a\\nb", "anb"},
		{"a\\ b", "a b"},
		{"'a\\'b' c", "a'b|c"},
		{"a 'b c", "a|b c"},
		{"a \"", "a|"},
		{"a\\", "a"},
		{"a \\", "a|"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_clear) struct strv words = {0};
		CLEANUP(freep) char *joined = NULL;

		command_line_split_value(cases[i][0], &words);
		joined = strv_join(&words, "|");
		assert_string_equal(joined, cases[i][1]);
	}
}

static void test_open_quotes(void **state)
{
	static const char *const lines[] = {"a 'b", "\"", "a \"b\\\""};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(strv_clear) struct strv words = {0};
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(command_line_split(lines[i], &words, &err), -EINVAL);
		assert_non_null(strstr(err.text, "quote"));
		assert_int_equal(words.count, 0);
	}
}

static void test_quote_comes_back(void **state)
{
	static const char *const words[] = {"a",   "",   "a b",      "a'b", "a\"b\\c",   "\t\n",
					    "\\s", "$X", "\xc3\xa4", "x\\", "\a\b\f\r\v"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		CLEANUP(freep) char *quoted = command_line_quote(words[i]);
		CLEANUP(strv_clear) struct strv back = {0};

		assert_int_equal(command_line_split(quoted, &back, NULL), 0);
		assert_int_equal(back.count, 1);
		assert_string_equal(back.items[0], words[i]);
	}
}

static void test_replace(void **state)
{
	static const struct {
		const char *line;
		size_t at, count;
		const char *to, *want;
	} cases[] = {
		{"/bin/d  -H fd:// --icc=true $X", 3, 1, NULL, "/bin/d  -H fd:// $X"},
		{"/bin/d --icc=true", 1, 1, "--icc=false", "/bin/d --icc=false"},
		{"/bin/d \"--label=a b\" -D", 1, 1, "\"--label=c d\"", "/bin/d \"--label=c d\" -D"},
		{"/bin/d --log-level  debug -D", 1, 2, NULL, "/bin/d -D"},
		{"/bin/d --log-level  debug -D", 1, 2, "--log-level info",
		 "/bin/d --log-level info -D"},
		{"/bin/d -D -D", 2, 1, NULL, "/bin/d -D"},
		{"--icc=true -D", 0, 1, NULL, "-D"},
		{"--icc=true", 0, 1, NULL, ""},
		{"a 'b", 0, 1, NULL, "a 'b"},
		{"a b", 0, 0, NULL, "a b"},
		{"a b", 1, 2, NULL, "a b"},
		{"a b", 2, 1, NULL, "a b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep)
		char *got = command_line_replace(cases[i].line, cases[i].at, cases[i].count,
						 cases[i].to);

		assert_string_equal(got, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),       cmocka_unit_test(test_split_value),
		cmocka_unit_test(test_open_quotes), cmocka_unit_test(test_quote_comes_back),
		cmocka_unit_test(test_replace),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
