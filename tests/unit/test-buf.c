#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

static void assert_bytes(const struct buf *b, const char *bytes, size_t n)
{
	assert_int_equal(b->len, n);
	assert_memory_equal(buf_str(b), bytes, n);
	assert_int_equal(buf_str(b)[n], 0);
}

/* Every cut of a text with a NUL inside, replaced by shorter, equal and longer bytes. */
static void test_splice_at_all_places(void **state)
{
	static const char text[] = "ab\0cd\nef";
	static const char with[] = "X\0YZ12345678";
	const size_t len = sizeof(text) - 1;

	for (size_t at = 0; at <= len; at++)
		for (size_t cut = 0; cut <= len - at; cut++)
			for (size_t n = 0; n < sizeof(with); n++) {
				CLEANUP(buf_clear) struct buf b = {0};
				char want[64];

				memcpy(want, text, at);
				memcpy(want + at, with, n);
				memcpy(want + at + n, text + at + cut, len - at - cut);
				buf_set(&b, text, len);
				buf_splice(&b, at, cut, with, n);
				assert_bytes(&b, want, len - cut + n);
			}
}

static void test_splice_of_nothing(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_splice(&b, 0, 0, NULL, 0);
	assert_bytes(&b, "", 0);
	buf_splice(&b, 0, 0, "abc", 3);
	assert_bytes(&b, "abc", 3);
	buf_splice(&b, 0, 3, NULL, 0);
	assert_bytes(&b, "", 0);
}

static void test_append_keeps_nul(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_append(&b, "a\0b", 3);
	buf_putc(&b, '\0');
	buf_puts(&b, "c");
	assert_bytes(&b, "a\0b\0c", 5);
}

static void test_printf_grows(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_puts(&b, "> ");
	buf_printf(&b, "%0*d", 500, 7);
	assert_int_equal(b.len, 502);
	assert_memory_equal(b.data, "> 00", 4);
	assert_string_equal(b.data + 500, "07");
}

static void test_equality(void **state)
{
	static const struct {
		const char *a, *b;
		size_t na, nb;
		bool equal;
	} rows[] = {
		{"", "", 0, 0, true},         {"a", "", 1, 0, false},
		{"ab", "ab", 2, 2, true},     {"ab", "ac", 2, 2, false},
		{"a\0b", "a\0b", 3, 3, true}, {"a\0b", "a\0c", 3, 3, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_clear) struct buf a = {0};
		CLEANUP(buf_clear) struct buf b = {0};

		buf_append(&a, rows[i].a, rows[i].na);
		buf_append(&b, rows[i].b, rows[i].nb);
		assert_int_equal(buf_equal(&a, &b), rows[i].equal);
		buf_copy(&a, &b);
		assert_true(buf_equal(&a, &b));
	}
}

static void test_empty_buffers(void **state)
{
	CLEANUP(buf_clear) struct buf none = {0};
	CLEANUP(buf_clear) struct buf copy = {0};

	assert_string_equal(buf_str(&none), "");
	buf_copy(&copy, &none);
	assert_true(buf_equal(&copy, &none));
	buf_clear(NULL);
}

static void test_take_leaves_an_empty_buffer(void **state)
{
	struct buf b = {0};
	CLEANUP(freep) char *none = buf_take(&b);
	CLEANUP(freep) char *some = NULL;

	assert_string_equal(none, "");
	buf_puts(&b, "text");
	some = buf_take(&b);
	assert_string_equal(some, "text");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splice_at_all_places),
		cmocka_unit_test(test_splice_of_nothing),
		cmocka_unit_test(test_append_keeps_nul),
		cmocka_unit_test(test_printf_grows),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_empty_buffers),
		cmocka_unit_test(test_take_leaves_an_empty_buffer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
