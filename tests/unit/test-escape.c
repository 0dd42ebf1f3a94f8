#include "tests/test.h"

#include <string.h>

#include "cli/report/escape.h"
#include "engine/base/macros.h"
#include "tests/utf8.h"

static void test_escape(void **state)
{
	static const struct {
		const char *text, *utf8, *ascii;
	} cases[] = {
		{"plain /path-1.x", "plain /path-1.x", "plain /path-1.x"},
		{"a\033[31mb", "a\\x1b[31mb", "a\\x1b[31mb"},
		{"a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f", "a\\x0ab\\x09c\\x0dd\\x7f"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\\u{fc}\\u{df}"},
		{"\xe4\xb8\xad", "\xe4\xb8\xad", "\\u{4e2d}"},
		{"\xf0\x9f\x90\xb3", "\xf0\x9f\x90\xb3", "\\u{1f433}"},
		{"\xc2\x9b"
		 "31m",
		 "\\u{9b}31m", "\\u{9b}31m"}, /* CSI as one C1 character */
		{"x\xe2\x80\xaey", "x\\u{202e}y", "x\\u{202e}y"}, /* right-to-left override */
		{"x\xe2\x81\xa6y", "x\\u{2066}y", "x\\u{2066}y"}, /* isolate */
		{"x\xe2\x80\x8by", "x\\u{200b}y", "x\\u{200b}y"}, /* zero width */
		{"\xef\xbb\xbf", "\\u{feff}", "\\u{feff}"},
		{"\xf3\xa0\x81\x81", "\\u{e0041}", "\\u{e0041}"}, /* tag */
		{"\xff\xfe", "\\xff\\xfe", "\\xff\\xfe"},
		{"\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf"}, /* overlong */
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"}, /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"},
		{"\xc3", "\\xc3", "\\xc3"}, /* cut off */
		{"\xe2\x80", "\\xe2\\x80", "\\xe2\\x80"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(buf_clear) struct buf utf8 = {0}, ascii = {0};

		escape_text(&utf8, cases[i].text, true);
		escape_text(&ascii, cases[i].text, false);
		assert_string_equal(buf_str(&utf8), cases[i].utf8);
		assert_string_equal(buf_str(&ascii), cases[i].ascii);
	}
}

/* No two bytes in a row leave anything that a terminal obeys, whatever they are. */
static void test_every_pair(void **state)
{
	for (int a = 0; a < 256; a++) {
		for (int c = 0; c < 256; c++) {
			const char bytes[2] = {(char)a, (char)c};
			CLEANUP(buf_clear) struct buf b = {0};

			escape_bytes(&b, bytes, 2, true);
			assert_true(utf8_is_valid(b.data, b.len));
			for (size_t i = 0; i < b.len; i++) {
				assert_true((unsigned char)b.data[i] >= 0x20);
				assert_int_not_equal(b.data[i], 0x7f);
			}
		}
	}
}

static void test_valid(void **state)
{
	assert_true(utf8_is_valid("", 0));
	assert_true(utf8_is_valid("a\0b", 3));
	assert_true(utf8_is_valid("\xc3\xbc", 2));
	assert_false(utf8_is_valid("\xc3", 1));
	assert_false(utf8_is_valid("\x80", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_valid),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
