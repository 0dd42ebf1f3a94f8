#include "tests/test.h"

#include <string.h>

#include "cli/report/style.h"
#include "engine/base/macros.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"

static const struct style plain = {.utf8 = true};

static void test_wrap(void **state)
{
	static const char word[] = "123456789";
	CLEANUP(buf_clear) struct buf text = {0}, b = {0};
	size_t widest = 0, from = 0;

	for (int i = 0; i < 30; i++)
		buf_printf(&text, "%s%s", word, i % 3 ? " " : " \n\t");
	wrap_text(&b, &plain, 10, text.data);
	for (const char *line = b.data; *line; line += from + 1) {
		size_t at = line == b.data ? 10 : 0; /* the first goes on at its column */

		from = strcspn(line, "\n");
		if (at + from > widest)
			widest = at + from;
		if (at == 0)
			assert_int_equal(strspn(line, " "), 10);
	}
	assert_true(widest > 80 && widest <= 100);
}

static void test_wrap_short(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "\n"},
		{"  \n ", "\n"},
		{"a", "a\n"},
		{" a\n  b ", "a b\n"},
		{"\033[2J", "\\x1b[2J\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(buf_clear) struct buf b = {0};

		wrap_text(&b, &plain, 4, cases[i].text);
		assert_string_equal(buf_str(&b), cases[i].want);
	}
}

/* No line is longer than the style's width, a word is never broken, and nothing is lost. */
static void test_width(void **state)
{
	static const char text[] = "one daemon.no-new-privileges of many words that go on and on";
	static const size_t columns[] = {0, 4, 16, 30, 60};

	for (size_t width = STYLE_LEAST; width <= STYLE_MOST; width += 20) {
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
			const struct style s = {.width = width};
			CLEANUP(buf_clear) struct buf b = {0};
			CLEANUP(strv_clear) struct strv lines = {0}, words = {0};

			pad_to(&b, 0, columns[i] < width ? columns[i] : width, 0);
			wrap_text(&b, &s, columns[i], text);
			strv_split(&lines, buf_str(&b), "\n");
			for (size_t k = 0; k < lines.count; k++) {
				assert_true(strlen(lines.items[k]) <= width);
				assert_false(ends_with(lines.items[k], " "));
			}
			strv_split(&words, buf_str(&b), " \n");
			assert_int_equal(words.count, 10);
			assert_true(strv_contains(&words, "daemon.no-new-privileges"));
		}
	}
}

static void test_secrets_are_hidden_before_lines_are_cut(void **state)
{
	const struct style s = {.width = STYLE_LEAST};
	CLEANUP(buf_clear) struct buf b = {0};

	wrap_text(&b, &s, 4, "what is set is {\"splunk-token\": \"MARKER\"}");
	assert_null(strstr(buf_str(&b), "MARKER"));
	assert_non_null(strstr(buf_str(&b), "(hidden)"));
}

static void test_ink(void **state)
{
	const struct style colored = {.color = true};
	CLEANUP(buf_clear) struct buf b = {0};

	ink_text(&b, &plain, INK_ADD, "+");
	ink_text(&b, &colored, INK_PLAIN, "a");
	ink_text(&b, &colored, INK_REMOVE, "\033");
	assert_string_equal(buf_str(&b), "+a\033[31m\\x1b\033[0m");
}

static void test_columns(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};

	assert_int_equal(text_width("gr\xc3\xbc\xc3\x9f"), 4);
	pad_to(&b, 3, 6, 1);
	assert_int_equal(b.len, 3);
	pad_to(&b, 9, 6, 2);
	assert_int_equal(b.len, 5);
	buf_clear(&b);
	count_text(&b, 1, "key", "keys");
	count_text(&b, 0, " key", " keys");
	assert_string_equal(buf_str(&b), "1 key0  keys");
}

/* What sums up: whole in a pipe and where it fits, wrapped on a narrow terminal. */
static void test_sum(void **state)
{
	static const struct {
		size_t width;
		const char *shown;
	} rows[] = {
		{0, "Plan: one, two, three, four, five, six, seven, eight, nine, ten.\n"},
		{40, "Plan: one, two, three, four, five, six,\n      seven, eight, nine, ten.\n"},
		{64, "Plan: one, two, three, four, five, six, seven, eight, nine, ten.\n"},
		{63, "Plan: one, two, three, four, five, six, seven, eight, nine,\n      ten.\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct style s = {.width = rows[i].width};
		CLEANUP(buf_clear) struct buf b = {0};

		sum_text(&b, &s,
			 "Plan: ", "one, two, three, four, five, six, seven, eight, nine, ten.");
		assert_string_equal(buf_str(&b), rows[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_wrap_short),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_secrets_are_hidden_before_lines_are_cut),
		cmocka_unit_test(test_ink),
		cmocka_unit_test(test_columns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
