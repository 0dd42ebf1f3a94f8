#include "tests/test.h"

#include "cli/save.h"
#include "cli/trust.h"
#include "engine/base/alloc.h"
#include "tests/unit/temp-directory.h"

/* The path of the test's own directory. */
static const char *directory_of(void **state)
{
	const struct temp_directory *t = *state;

	return t->path;
}

static int save(const char *path, const char *text, bool replace)
{
	struct buf b = {0};
	int r;

	buf_puts(&b, text);
	r = save_file(path, &b, replace, NULL);
	buf_clear(&b);
	return r;
}

static void assert_file(const char *path, const char *text)
{
	CLEANUP(buf_clear) struct buf b = {0};

	assert_int_equal(trusted_read(path, 100, &b, NULL), 0);
	assert_string_equal(buf_str(&b), text);
}

static void test_save(void **state)
{
	const char *directory = directory_of(state);
	CLEANUP(freep) char *path = xasprintf("%s/plan", directory);
	struct stat st;

	assert_int_equal(save_check(path, false, NULL), 0);
	assert_int_equal(save(path, "one", false), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(save_check(path, false, NULL), -EEXIST);
	assert_int_equal(save(path, "two", false), -EEXIST);
	assert_file(path, "one");
	assert_int_equal(save_check(path, true, NULL), 0);
	assert_int_equal(save(path, "two", true), 0);
	assert_file(path, "two");
}

static void test_link_is_not_followed(void **state)
{
	const char *directory = directory_of(state);
	CLEANUP(freep) char *path = xasprintf("%s/link", directory);
	CLEANUP(freep) char *target = xasprintf("%s/target", directory);

	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(save_check(path, true, NULL), -EEXIST);
	assert_int_equal(save(path, "text", false), -EEXIST);
	assert_int_equal(access(target, F_OK), -1);
}

static void test_nothing_is_left_behind(void **state)
{
	const char *directory = directory_of(state);
	CLEANUP(freep) char *path = xasprintf("%s/missing/plan", directory);
	CLEANUP(freep) char *dir = xasprintf("%s/dir", directory);
	CLEANUP(freep) char *temp = xasprintf("%s.harden-%d", dir, (int)getpid());

	assert_int_equal(save(path, "text", false), -ENOENT);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_true(save(dir, "text", true) < 0);
	assert_int_equal(access(temp, F_OK), -1);
}

static void test_trust(void **state)
{
	const char *directory = directory_of(state);
	CLEANUP(freep) char *path = xasprintf("%s/baseline", directory);
	CLEANUP(buf_clear) struct buf b = {0};

	assert_int_equal(trusted_read(path, 100, &b, NULL), -ENOENT);
	assert_int_equal(trusted_read(directory, 100, &b, NULL), -EINVAL);
	assert_int_equal(save(path, "text", false), 0);
	assert_int_equal(trusted_read(path, 3, &b, NULL), -EFBIG);
	if (geteuid() != 0)
		SKIP_BECAUSE("an ordinary user may read what he likes");
	unsetenv("SUDO_UID");
	buf_clear(&b);
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(trusted_read(path, 100, &b, NULL), -EPERM);
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(trusted_read(path, 100, &b, NULL), -EPERM);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chown(path, 1234, 0), 0);
	assert_int_equal(trusted_read(path, 100, &b, NULL), -EPERM);
	setenv("SUDO_UID", "1234", 1);
	assert_int_equal(trusted_read(path, 100, &b, NULL), 0);
	setenv("SUDO_UID", "1234x", 1);
	assert_int_equal(trusted_read(path, 100, &b, NULL), -EPERM);
	unsetenv("SUDO_UID");
	assert_string_equal(buf_str(&b), "text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_save),
		TEMP_DIRECTORY_TEST(test_link_is_not_followed),
		TEMP_DIRECTORY_TEST(test_nothing_is_left_behind),
		TEMP_DIRECTORY_TEST(test_trust),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
