#include "tests/test.h"

#include <errno.h>

#include "engine/base/error.h"

static void test_two_wraps_read_from_the_outside_in(void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(error_errno(&err, -EACCES, "cannot open '%s'", "/etc/docker"), -EACCES);
	assert_int_equal(error_wrap(&err, -EACCES, "control '%s'", "daemon.icc"), -EACCES);
	assert_int_equal(error_wrap(&err, -EACCES, "harden"), -EACCES);
	assert_string_equal(error_text(&err), "harden: control 'daemon.icc': cannot open "
					      "'/etc/docker': Permission denied");
	assert_int_equal(err.code, -EACCES);
}

static void test_wrap_of_an_unset_error_names_the_code(void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(error_wrap(&err, -ENOENT, "plan"), -ENOENT);
	assert_string_equal(error_text(&err), "plan: No such file or directory");
}

static void test_null_is_allowed(void **state)
{
	assert_int_equal(error_set(NULL, -EINVAL, "x"), -EINVAL);
	assert_int_equal(error_errno(NULL, -EIO, "x"), -EIO);
	assert_int_equal(error_wrap(NULL, -EBUSY, "x"), -EBUSY);
	error_clear(NULL);
}

static void test_set_replaces(void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	error_set(&err, -EINVAL, "first");
	error_set(&err, -ESTALE, "second '%s'", "x");
	assert_string_equal(error_text(&err), "second 'x'");
	assert_int_equal(err.code, -ESTALE);
}

/* The first one that is blamed stays so through wraps and moves; another error blames nobody. */
static void test_blame(void **state)
{
	CLEANUP(error_clear) struct error err = {0}, moved = {0};

	error_set(&err, -EIO, "x");
	assert_null(err.control);
	assert_int_equal(error_blame(&err, -EIO, "a"), -EIO);
	error_wrap(&err, -EIO, "control 'b'");
	error_blame(&err, -EIO, "b");
	assert_string_equal(err.control, "a");
	error_blame(&moved, -EIO, "c");
	error_move(&moved, &err);
	assert_string_equal(moved.control, "a");
	assert_null(err.control);
	error_set(&moved, -EIO, "y");
	assert_null(moved.control);
	error_blame(&moved, -EIO, "d");
	error_errno(&moved, -EIO, "z");
	assert_null(moved.control);
	assert_int_equal(error_blame(NULL, -EIO, "a"), -EIO);
}

/* The innermost path stays so through wraps and moves; another error is about none. */
static void test_about(void **state)
{
	CLEANUP(error_clear) struct error err = {0}, moved = {0};

	error_set(&err, -EIO, "x");
	assert_null(err.path);
	assert_int_equal(error_about(&err, -EIO, "/a/b"), -EIO);
	error_wrap(&err, -EIO, "y");
	error_about(&err, -EIO, "/a");
	assert_string_equal(err.path, "/a/b");
	error_move(&moved, &err);
	assert_string_equal(moved.path, "/a/b");
	assert_null(err.path);
	error_set(&moved, -EIO, "z");
	assert_null(moved.path);
	assert_int_equal(error_set_at(&moved, -EPERM, "/c", "no '%s'", "/c"), -EPERM);
	assert_string_equal(error_text(&moved), "no '/c'");
	assert_string_equal(moved.path, "/c");
	error_about(&moved, -EPERM, "/d");
	assert_int_equal(error_errno_at(&moved, -ENOENT, "/e", "no '%s'", "/e"), -ENOENT);
	assert_string_equal(error_text(&moved), "no '/e': No such file or directory");
	assert_string_equal(moved.path, "/e");
	error_clear(&moved);
	assert_int_equal(error_set_at(NULL, -EPERM, "/c", "no"), -EPERM);
	assert_int_equal(error_errno_at(NULL, -EPERM, "/c", "no"), -EPERM);
	assert_int_equal(error_about(NULL, -EIO, "/a"), -EIO);
}

static void test_text_without_message(void **state)
{
	struct error err = {.code = -ENOMEM};

	assert_string_equal(error_text(&err), "Cannot allocate memory");
}

/* Who fails without an errno has forgotten the reason: it is not told to have succeeded. */
static void test_never_success(void **state)
{
	CLEANUP(error_clear) struct error err = {0}, wrapped = {0};

	assert_string_equal(error_text(&err), "no reason is known");
	error_errno(&err, 0, "cannot wait");
	assert_string_equal(error_text(&err), "cannot wait: no reason is known");
	error_wrap(&wrapped, 0, "harden");
	assert_string_equal(error_text(&wrapped), "harden: no reason is known");
	assert_string_equal(error_reason(EACCES), error_reason(-EACCES));
}

static void test_move(void **state)
{
	CLEANUP(error_clear) struct error to = {0};
	struct error from = {0};

	error_set(&to, -EIO, "old");
	error_set(&from, -EPERM, "new");
	error_move(&to, &from);
	assert_string_equal(error_text(&to), "new");
	assert_int_equal(to.code, -EPERM);
	assert_null(from.text);
	error_set(&from, -EPERM, "nobody hears it");
	error_move(NULL, &from);
	assert_null(from.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_wraps_read_from_the_outside_in),
		cmocka_unit_test(test_wrap_of_an_unset_error_names_the_code),
		cmocka_unit_test(test_null_is_allowed),
		cmocka_unit_test(test_set_replaces),
		cmocka_unit_test(test_blame),
		cmocka_unit_test(test_about),
		cmocka_unit_test(test_text_without_message),
		cmocka_unit_test(test_never_success),
		cmocka_unit_test(test_move),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
