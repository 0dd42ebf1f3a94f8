#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"

static void test_many_keys_are_found_again(void **state)
{
	struct map m = {0};

	for (int i = 0; i < 1000; i++) {
		CLEANUP(freep) char *key = xasprintf("key-%d", i);

		map_put(&m, key, xasprintf("value-%d", i));
	}
	assert_int_equal(m.count, 1000);
	for (int i = 0; i < 1000; i++) {
		CLEANUP(freep) char *key = xasprintf("key-%d", i);
		CLEANUP(freep) char *want = xasprintf("value-%d", i);
		const char *value = map_get(&m, key);

		assert_non_null(value);
		assert_string_equal(value, want);
	}
	assert_null(map_get(&m, "key-1000"));
	assert_null(map_get(&m, ""));
	map_clear(&m, free);
}

static void test_put_replaces(void **state)
{
	struct map m = {0};
	int first, second;

	map_put(&m, "a", &first);
	map_put(&m, "a", &second);
	map_put(&m, "", &first);
	assert_int_equal(m.count, 2);
	assert_ptr_equal(map_get(&m, "a"), &second);
	assert_ptr_equal(map_get(&m, ""), &first);
	map_clear(&m, NULL);
}

static void test_keys_are_copied(void **state)
{
	struct map m = {0};
	char key[] = "abc";
	int value;

	map_put(&m, key, &value);
	key[0] = 'x';
	assert_ptr_equal(map_get(&m, "abc"), &value);
	assert_null(map_get(&m, "xbc"));
	map_clear(&m, NULL);
}

static void test_empty_maps(void **state)
{
	struct map m = {0};
	int value;

	assert_null(map_get(&m, "a"));
	map_clear(&m, free);
	map_put(&m, "a", &value);
	map_clear(&m, NULL);
	assert_int_equal(m.count, 0);
	assert_null(map_get(&m, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_keys_are_found_again),
		cmocka_unit_test(test_put_replaces),
		cmocka_unit_test(test_keys_are_copied),
		cmocka_unit_test(test_empty_maps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
