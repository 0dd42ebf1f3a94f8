#include "tests/test.h"

#include <string.h>

#include "engine/base/macros.h"
#include "engine/baseline/arena.h"

static void test_text_is_a_copy_with_a_nul(void **state)
{
	CLEANUP(arena_clear) struct arena a = {0};
	char bytes[] = "abcdef";
	char *text = arena_text(&a, bytes, 3);

	bytes[0] = 'X';
	assert_string_equal(text, "abc");
	assert_string_equal(arena_text(&a, NULL, 0), "");
}

static void test_pieces_are_aligned_and_apart(void **state)
{
	CLEANUP(arena_clear) struct arena a = {0};
	char *last = NULL;

	for (size_t n = 1; n < 3000; n += 7) {
		char *piece = arena_take(&a, n);

		assert_int_equal((uintptr_t)piece % sizeof(void *), 0);
		memset(piece, 'p', n);
		if (last)
			assert_int_equal(last[0], 'p');
		last = piece;
	}
}

static void test_large_pieces(void **state)
{
	CLEANUP(arena_clear) struct arena a = {0};
	char *small = arena_text(&a, "small", 5);
	char *large = arena_take(&a, 1 << 20);

	memset(large, 'x', 1 << 20);
	assert_string_equal(small, "small");
	assert_string_equal(arena_text(&a, "after", 5), "after");
}

static void test_clear_leaves_it_usable(void **state)
{
	CLEANUP(arena_clear) struct arena a = {0};

	arena_text(&a, "one", 3);
	arena_clear(&a);
	assert_null(a.chunks);
	assert_string_equal(arena_text(&a, "two", 3), "two");
	arena_clear(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_a_copy_with_a_nul),
		cmocka_unit_test(test_pieces_are_aligned_and_apart),
		cmocka_unit_test(test_large_pieces),
		cmocka_unit_test(test_clear_leaves_it_usable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
