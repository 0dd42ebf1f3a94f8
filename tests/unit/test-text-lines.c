#include "engine/base/str.h"
#include "engine/format/text-lines.h"

#include <errno.h>

#include "tests/unit/format-case.h"

static void test_lines(void **state)
{
	static const struct {
		const char *text, *lines; /* each in brackets */
		const char *end;
	} cases[] = {
		{"", "", "\n"},
		{"a", "[a]", "\n"},
		{"a\nb\n", "[a][b]", "\n"},
		{"a\r\n\r\nb", "[a][][b]", "\r\n"},
		{"\n a \n", "[][ a ]", "\n"},
		{"a\rb\n", "[a\rb]", "\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(buf_clear) struct buf text = {0}, seen = {0};
		struct text_line line;
		size_t at = 0;

		case_buf(&text, cases[i].text);
		while (text_line_next(&text, &at, &line))
			buf_printf(&seen, "[%.*s]", (int)(line.end - line.start),
				   text.data + line.start);
		assert_string_equal(buf_str(&seen), cases[i].lines);
		assert_string_equal(text_line_end(&text), cases[i].end);
	}
}

static void test_insert_and_remove(void **state)
{
	static const struct {
		const char *before;
		size_t at;
		const char *after;
	} cases[] = {
		{"", 0, "new\n"},   {"a\n", 2, "a\nnew\n"},         {"a\n", 0, "new\na\n"},
		{"a", 1, "a\nnew"}, {"a\r\nb", 4, "a\r\nb\r\nnew"}, {"a\r\n", 3, "a\r\nnew\r\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		struct text_line line;
		size_t at = 0;

		case_buf(&text, cases[i].before);
		text_line_insert(&text, cases[i].at, "new");
		assert_string_equal(buf_str(&text), cases[i].after);
		do
			assert_true(text_line_next(&text, &at, &line));
		while (!starts_with(text.data + line.start, "new"));
		text_line_set(&text, &line, "x");
		assert_null(strstr(buf_str(&text), "new"));
		at = line.start;
		assert_true(text_line_next(&text, &at, &line));
		text_line_set(&text, &line, NULL);
		assert_string_equal(buf_str(&text), cases[i].before);
	}
}

static void test_checks(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *copy = NULL;
	struct text_line line;
	size_t at = 0;

	buf_append(&text, " \ta b\t\r\nc\0d\n", 12);
	assert_true(text_line_next(&text, &at, &line));
	copy = text_line_copy(&text, &line);
	assert_string_equal(copy, "a b");
	assert_int_equal(text_lines_check(&text, &err), -EBADMSG);
	assert_string_equal(err.text, "line 2: a NUL byte in a text file");
	assert_int_equal(text_one_line(subject_of(SCHEME_KV, "k"), "a b", NULL), 0);
	assert_int_equal(text_one_line(subject_of(SCHEME_KV, "k"), "a\nb", NULL), -EINVAL);
	assert_int_equal(text_one_line(subject_of(SCHEME_KV, "k"), "a\r", NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_insert_and_remove),
		cmocka_unit_test(test_checks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
