#include "tests/unit/temp-directory.h"

#include <limits.h>

#include "engine/host/read/fd-path.h"

static void test_text(void **state)
{
	assert_string_equal(fd_path(0).text, "/proc/self/fd/0");
	assert_string_equal(fd_path(INT_MAX).text, "/proc/self/fd/2147483647");
}

static void test_name(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *want = xasprintf("%s/x", t->path);
	CLEANUP(freep) char *directory = NULL;
	CLEANUP(freep) char *file = NULL;
	CLEANUP(freep) char *none = NULL;

	errno = E2BIG;
	directory = fd_name(t->fd, NULL);
	file = fd_name(t->fd, "x");
	none = fd_name(-1, "x");
	assert_int_equal(errno, E2BIG);
	assert_string_equal(directory, t->path);
	assert_string_equal(file, want);
	assert_string_equal(none, "descriptor -1/x");
}

/* The descriptor leads to the inode, also when its name has gone to another one. */
static void test_reopen(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(close_fd) int opened = -1;
	char bytes[8] = "";

	temp_directory_write(t, "file", "first");
	fd = temp_directory_path_fd(t, "file");
	assert_int_equal(unlinkat(t->fd, "file", 0), 0);
	temp_directory_write(t, "file", "second");
	opened = fd_reopen_quietly(fd, 0);
	assert_true(opened >= 0);
	assert_int_equal(read(opened, bytes, sizeof(bytes)), 5);
	assert_string_equal(bytes, "first");
	assert_int_equal(fcntl(opened, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(opened, F_GETFL) & O_NOATIME, O_NOATIME);
	assert_int_equal(fd_reopen(t->fd, O_WRONLY), -EISDIR);
}

/* Files of others cannot be opened with O_NOATIME, and are opened all the same. */
static void test_reopen_of_others(void **state)
{
	CLEANUP(close_fd) int fd = open("/proc/sys/kernel/ostype", O_PATH | O_CLOEXEC);
	CLEANUP(close_fd) int opened = fd_reopen_quietly(fd, 0);

	assert_true(opened >= 0);
}

static void test_readlink(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *target = xcalloc(1, 601);

	for (size_t n = 1; n <= 600; n += 13) {
		CLEANUP(close_fd) int fd = -1;
		CLEANUP(freep) char *got = NULL;

		memset(target, 'a', n);
		assert_int_equal(symlinkat(target, t->fd, "link"), 0);
		fd = temp_directory_path_fd(t, "link");
		got = fd_readlink(fd);
		assert_string_equal(got, target);
		assert_int_equal(unlinkat(t->fd, "link", 0), 0);
	}
	assert_null(fd_readlink(t->fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),        TEMP_DIRECTORY_TEST(test_name),
		TEMP_DIRECTORY_TEST(test_reopen),   cmocka_unit_test(test_reopen_of_others),
		TEMP_DIRECTORY_TEST(test_readlink),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
