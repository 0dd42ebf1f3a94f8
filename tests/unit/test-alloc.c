#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"

static void test_array_keeps_items_and_zeroes_new_ones(void **state)
{
	int *numbers = NULL;
	size_t count = 0;

	for (int i = 0; i < 100; i++) {
		int *slot = array_append(&numbers, &count, sizeof(int));

		assert_int_equal(*slot, 0);
		*slot = i + 1;
	}
	assert_int_equal(count, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(numbers[i], i + 1);
	free(numbers);
}

/* The array's room follows from its count alone, so it must also hold after items were dropped. */
static void test_array_grows_again_after_shrinking(void **state)
{
	long *numbers = NULL;
	size_t count = 0;

	for (size_t top = 1; top <= 33; top++) {
		while (count < top)
			*(long *)array_append(&numbers, &count, sizeof(long)) = 7;
		count = top / 2;
		while (count < top)
			*(long *)array_append(&numbers, &count, sizeof(long)) = 7;
	}
	for (size_t i = 0; i < count; i++)
		assert_int_equal(numbers[i], 7);
	free(numbers);
}

static void test_empty_allocations_are_not_null(void **state)
{
	char *none = xcalloc(0, 0);
	char *copy = xmemdup(NULL, 0);

	assert_non_null(none);
	assert_non_null(copy);
	assert_int_equal(copy[0], 0);
	free(none);
	free(copy);
}

static void test_memdup_keeps_nul_and_ends_in_one(void **state)
{
	CLEANUP(freep) char *copy = xmemdup("a\0b", 3);

	assert_memory_equal(copy, "a\0b\0", 4);
}

static void test_null_strings(void **state)
{
	CLEANUP(freep) char *a = xstrdup_null("x");

	assert_null(xstrdup_null(NULL));
	assert_string_equal(a, "x");
	str_replace(&a, "yy");
	assert_string_equal(a, "yy");
	str_replace(&a, a + 1); /* from what is replaced */
	assert_string_equal(a, "y");
	str_replace(&a, NULL);
	assert_null(a);
}

static void test_strcmp_null(void **state)
{
	static const struct {
		const char *a, *b;
		int sign;
	} rows[] = {
		{NULL, NULL, 0}, {NULL, "", -1}, {"", NULL, 1},
		{"a", "a", 0},   {"a", "b", -1}, {"b", "a", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = strcmp_null(rows[i].a, rows[i].b);

		assert_int_equal((r > 0) - (r < 0), rows[i].sign);
	}
}

static void test_printf_and_strndup(void **state)
{
	CLEANUP(freep) char *text = xasprintf("%s=%d", "mode", 420);
	CLEANUP(freep) char *part = xstrndup("docker.service", 6);

	assert_string_equal(text, "mode=420");
	assert_string_equal(part, "docker");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_array_keeps_items_and_zeroes_new_ones),
		cmocka_unit_test(test_array_grows_again_after_shrinking),
		cmocka_unit_test(test_empty_allocations_are_not_null),
		cmocka_unit_test(test_memdup_keeps_nul_and_ends_in_one),
		cmocka_unit_test(test_null_strings),
		cmocka_unit_test(test_strcmp_null),
		cmocka_unit_test(test_printf_and_strndup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
