#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/baseline/baseline.h"
#include "engine/baseline/text-check.h"

static void test_good_texts(void **state)
{
	static const char *const texts[] = {
		"",
		"a: b\n",
		"a: b\r\nc: d\r\n",
		"title: Müller, 設置, \xf0\x9f\x90\xb3\n",
		"\xc2\xa0", /* the first code point behind the control characters */
		"\xf4\x8f\xbf\xbd",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(text_check("x.yaml", texts[i], strlen(texts[i]), NULL), 0);
}

#define BAD(bytes, message)                                                                        \
	{                                                                                          \
		bytes, sizeof(bytes) - 1, message                                                  \
	}

static const struct {
	const char *bytes;
	size_t n;
	const char *message;
} bad_texts[] = {
	BAD("a: b\n\tc: d\n", "x.yaml:2:1: a tab; use spaces (in double quotes: \\t)"),
	BAD("a: b # x\ty\n", "x.yaml:1:9: a tab; use spaces (in double quotes: \\t)"),
	BAD("a: \0\n", "x.yaml:1:4: a NUL byte"),
	BAD("a: \x1b[2J\n", "x.yaml:1:4: a control character"),
	BAD("a: \x7f\n", "x.yaml:1:4: a control character"),
	BAD("\xc3\xa4: \xc2\x85\n", "x.yaml:1:4: a control character"),
	BAD("a\rb", "x.yaml:1:2: a control character"),
	BAD("a: b\r", "x.yaml:1:5: a control character"),
	BAD("a\n\xff", "x.yaml:2:1: a byte that is not UTF-8"),
	BAD("a\n\x80", "x.yaml:2:1: a byte that is not UTF-8"),
	BAD("caf\xe9: x\n", "x.yaml:1:4: a byte that is not UTF-8"),
	BAD("\xc0\xaf", "x.yaml:1:1: a byte that is not UTF-8"), /* overlong */
	BAD("\xe0\x80\xaf", "x.yaml:1:1: a byte that is not UTF-8"), /* overlong */
	BAD("\xed\xa0\x80", "x.yaml:1:1: a byte that is not UTF-8"), /* surrogate */
	BAD("\xf4\x90\x80\x80", "x.yaml:1:1: a byte that is not UTF-8"),
	BAD("\xf5\x80\x80\x80", "x.yaml:1:1: a byte that is not UTF-8"),
	BAD("a\xe2\x82", "x.yaml:1:2: a byte that is not UTF-8"), /* cut off */
	BAD("\xef\xbb\xbf"
	    "a: b\n",
	    "x.yaml:1:1: file starts with a byte order mark; save it as UTF-8 without one"),
	BAD("a: \xef\xbb\xbf\n", "x.yaml:1:4: a byte order mark"),
	BAD("\xff\xfe"
	    "a\0",
	    "x.yaml:1:1: file is UTF-16; save it as UTF-8"),
	BAD("\xfe\xff\0a", "x.yaml:1:1: file is UTF-16; save it as UTF-8"),
	BAD("a\0:\0", "x.yaml:1:2: a NUL byte"), /* UTF-16 without a mark */
	BAD("a: b\xe2\x80\xa8", "x.yaml:1:5: a Unicode line separator"),
	BAD("# \xe2\x80\xae\n", "x.yaml:1:3: a character that changes the direction of the text"),
	BAD("# \xe2\x81\xa6\n", "x.yaml:1:3: a character that changes the direction of the text"),
	BAD("# \xef\xbf\xbf\n", "x.yaml:1:3: a character that Unicode does not have"),
};

static void test_bad_texts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_texts); i++) {
		CLEANUP(error_clear) struct error err = {0};
		/* a copy of exactly this size, for the address sanitizer */
		CLEANUP(freep) char *bytes = malloc(bad_texts[i].n);

		memcpy(bytes, bad_texts[i].bytes, bad_texts[i].n);
		assert_int_equal(text_check("x.yaml", bytes, bad_texts[i].n, &err), -EILSEQ);
		assert_string_equal(error_text(&err), bad_texts[i].message);
	}
}

static void test_size_limit(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *bytes = malloc(BASELINE_MAX_BYTES + 1);

	memset(bytes, ' ', BASELINE_MAX_BYTES + 1);
	assert_int_equal(text_check("x.yaml", bytes, BASELINE_MAX_BYTES, &err), 0);
	assert_int_equal(text_check("x.yaml", bytes, BASELINE_MAX_BYTES + 1, &err), -EFBIG);
	assert_string_equal(error_text(&err), "x.yaml:1:1: file is larger than 10 MB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_texts),
		cmocka_unit_test(test_bad_texts),
		cmocka_unit_test(test_size_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
