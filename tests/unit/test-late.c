#include "tests/test.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine/base/late.h"

int tests_have_no_such_function(int); /* declared by a header, in no library */

static struct {
	__typeof__(&ceil) up;
	__typeof__(&tests_have_no_such_function) none;
} math;

static void test_binds_once(void **state)
{
	static const struct late_symbol symbols[] = {LATE_SYMBOL(math.up, ceil)};
	struct late_library lib = {"libm.so.6", symbols, ARRAY_SIZE(symbols), false};

	math.up = NULL;
	assert_int_equal(late_bind(&lib, NULL), 0);
	assert_true(lib.bound);
	assert_true(math.up(2.5) == 3.0);
	lib.soname = "libnowhere.so.1";
	assert_int_equal(late_bind(&lib, NULL), 0);
}

static void test_library_is_missing(void **state)
{
	static const struct late_symbol symbols[] = {LATE_SYMBOL(math.up, ceil)};
	struct late_library lib = {"libnowhere.so.1", symbols, ARRAY_SIZE(symbols), false};
	CLEANUP(error_clear) struct error err = {0};

	for (int i = 0; i < 2; i++) { /* it may be installed later: asked anew each time */
		assert_int_equal(late_bind(&lib, &err), -ENOSYS);
		assert_false(lib.bound);
		assert_non_null(strstr(error_text(&err), "cannot load 'libnowhere.so.1': "));
	}
}

static void test_function_is_missing(void **state)
{
	static const struct late_symbol symbols[] = {
		LATE_SYMBOL(math.up, ceil), LATE_SYMBOL(math.none, tests_have_no_such_function)};
	struct late_library lib = {"libm.so.6", symbols, ARRAY_SIZE(symbols), false};
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(late_bind(&lib, &err), -ENOSYS);
	assert_false(lib.bound);
	assert_string_equal(error_text(&err), "'libm.so.6' has no 'tests_have_no_such_function'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_binds_once),
		cmocka_unit_test(test_library_is_missing),
		cmocka_unit_test(test_function_is_missing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
