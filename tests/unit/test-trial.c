#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/write/trial.h"

/* What a program does in a view that is thrown away; where it cannot be had, nothing is tested. */

#define LONG_MS 20000

static char shell[] = "/bin/sh", dash_c[] = "-c";

static int run(const char *script, const struct trial_file *files, size_t count, int timeout_ms,
	       struct buf *said)
{
	CLEANUP(freep) char *text = xstrdup(script);
	CLEANUP(error_clear) struct error err = {0};
	char *const argv[] = {shell, dash_c, text, NULL};
	int r = trial_run(argv, files, count, timeout_ms, said, &err);

	if (r == -EOPNOTSUPP) {
		print_message("# skipped: %s\n", error_text(&err));
		skip();
	}
	return r;
}

static void test_what_it_writes_is_not_here(void **state)
{
	CLEANUP(buf_clear) struct buf said = {0};

	assert_int_equal(
		run("echo x >/etc/harden-trial && cat /etc/harden-trial", NULL, 0, LONG_MS, &said),
		0);
	assert_string_equal(buf_str(&said), "x\n");
	assert_int_equal(access("/etc/harden-trial", F_OK), -1);
}

static void test_all_else_is_read_only(void **state)
{
	CLEANUP(buf_clear) struct buf said = {0};

	assert_int_not_equal(run("touch /usr/harden-trial", NULL, 0, LONG_MS, &said), 0);
	assert_non_null(strstr(buf_str(&said), "Read-only file system"));
	assert_int_not_equal(run("chmod 600 /usr", NULL, 0, LONG_MS, &said), 0);
}

static void test_planned_files_are_there(void **state)
{
	static const struct trial_file files[] = {
		{.path = "/etc/harden-trial/new", .bytes = "a\0b", .n = 3, .mode = 0600},
		{.path = "/etc/passwd", .bytes = NULL},
	};
	CLEANUP(buf_clear) struct buf said = {0};

	assert_int_equal(run("stat -c '%a %s' /etc/harden-trial/new; test ! -e /etc/passwd", files,
			     ARRAY_SIZE(files), LONG_MS, &said),
			 0);
	assert_string_equal(buf_str(&said), "600 3\n");
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void test_code_and_words(void **state)
{
	CLEANUP(buf_clear) struct buf said = {0};

	assert_int_equal(run("echo no >&2; exit 7", NULL, 0, LONG_MS, &said), 7);
	assert_string_equal(buf_str(&said), "no\n");
}

static void test_it_is_ended(void **state)
{
	CLEANUP(buf_clear) struct buf said = {0};

	assert_int_equal(run("echo begun; sleep 1000", NULL, 0, 300, &said), -ETIMEDOUT);
}

/* Wherever a planned file lies: the directory is covered, and what else is in it is there. */
static void test_other_directories(void **state)
{
	static const struct trial_file files[] = {
		{.path = "/usr/lib/harden-trial/deep/new", .bytes = "a", .n = 1, .mode = 0600},
		{.path = "/usr/lib/harden-trial/other", .bytes = "", .n = 0, .mode = 0600},
		{.path = "/var/lib/harden-trial.json", .bytes = "{}", .n = 2, .mode = 0644},
	};
	CLEANUP(buf_clear) struct buf said = {0};

	assert_int_equal(run("cat /usr/lib/harden-trial/deep/new /usr/lib/harden-trial/other "
			     "/var/lib/harden-trial.json; test -d /usr/lib/systemd || test -d "
			     "/usr/lib/locale || test -d /usr/lib/ssl",
			     files, ARRAY_SIZE(files), LONG_MS, &said),
			 0);
	assert_string_equal(buf_str(&said), "a{}");
	assert_int_equal(access("/usr/lib/harden-trial", F_OK), -1);
	assert_int_equal(access("/var/lib/harden-trial.json", F_OK), -1);
}

/* On the way back a directory that was made goes: the view is had all the same. */
static void test_directory_goes(void **state)
{
	static const struct trial_file files[] = {
		{.path = "/etc/ssl", .bytes = NULL},
		{.path = "/etc/harden-trial", .bytes = "x", .n = 1, .mode = 0600},
	};
	CLEANUP(buf_clear) struct buf said = {0};

	assert_int_equal(run("cat /etc/harden-trial", files, ARRAY_SIZE(files), LONG_MS, &said), 0);
	assert_string_equal(buf_str(&said), "x");
}

/* A directory under a planned file is as open as it was, and no more. */
static void test_modes_stay(void **state)
{
	static const struct trial_file files[] = {
		{.path = "/etc/harden-trial", .bytes = "x", .n = 1, .mode = 0600},
		{.path = "/root/harden-trial", .bytes = "x", .n = 1, .mode = 0600},
		{.path = "/var/lib/harden-trial", .bytes = "x", .n = 1, .mode = 0600},
	};
	static const char script[] = "stat -c '%a %u %g' /etc /root /var/lib";
	CLEANUP(buf_clear) struct buf before = {0}, said = {0};

	assert_int_equal(run(script, NULL, 0, LONG_MS, &before), 0);
	assert_int_equal(run(script, files, ARRAY_SIZE(files), LONG_MS, &said), 0);
	assert_string_equal(buf_str(&said), buf_str(&before));
	assert_int_equal(run("umask", NULL, 0, LONG_MS, &said), 0);
	assert_non_null(strstr(buf_str(&said), "0022"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_writes_is_not_here),
		cmocka_unit_test(test_all_else_is_read_only),
		cmocka_unit_test(test_planned_files_are_there),
		cmocka_unit_test(test_code_and_words),
		cmocka_unit_test(test_it_is_ended),
		cmocka_unit_test(test_other_directories),
		cmocka_unit_test(test_directory_goes),
		cmocka_unit_test(test_modes_stay),
	};

	umask(077); /* as harden has it */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
