/* What goes on behind the sandbox's walls, and what is told of them. */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/sandbox.h"
#include "tests/unit/sandbox-child.h"

/* In a child with all walls: does what looking needs; 0, or the line where it went wrong. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 200 + 1;                                                 \
	} while (0)

static int look(void)
{
	CLEANUP(freep) char *file = in_folder("file");
	char text[8];
	int fd = open(file, O_RDONLY | O_NOATIME | O_NOFOLLOW), flags;
	struct stat st;

	NEED(fd >= 0 && read(fd, text, sizeof(text)) == 4);
	NEED(fstat(fd, &st) == 0 && stat("/proc/self/exe", &st) == 0);
	NEED(ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 || errno == ENOTTY || errno == EOPNOTSUPP);
	NEED(listxattr(file, NULL, 0) >= 0 || errno == EOPNOTSUPP);
	NEED(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	NEED(readlink("/proc/self/exe", text, sizeof(text)) > 0);
	NEED(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	     MAP_FAILED);
	NEED(sandbox_stopped() == NULL);
	return 0;
}

static int look_and_stumble(void)
{
	CLEANUP(freep) char *file = in_folder("file"), *call = NULL;

	NEED(chmod(file, 0640) < 0 && errno == EPERM);
	NEED(mkdir(file, 0640) < 0 && errno == EPERM);
	call = sandbox_stopped();
	NEED(call && (strcmp(call, "chmod") == 0 || strcmp(call, "fchmodat") == 0));
	return 0;
}

static void test_looking_goes_on(void **state)
{
	make_files();
	assert_int_equal(in_child(look, sandbox_walls(), 0), 0);
}

static void test_what_was_stopped_is_named(void **state)
{
	if (!available(SANDBOX_CALLS))
		SKIP_BECAUSE("there is no seccomp here, or this build is sanitized");
	make_files();
	assert_int_equal(in_child(look_and_stumble, sandbox_walls(), 0), 0);
}

static void test_out_of_memory_still_aborts(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		sandbox_enter(sandbox_walls(), NULL);
		abort();
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void test_text(void **state)
{
	static const struct {
		unsigned walls;
		const char *text;
	} rows[] = {
		{0, "none"},
		{SANDBOX_CALLS, "seccomp"},
		{SANDBOX_CALLS | SANDBOX_MOUNTS, "mount namespace, seccomp"},
		{SANDBOX_CALLS | SANDBOX_LANDLOCK, "Landlock, seccomp"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *text = sandbox_text(rows[i].walls);

		assert_string_equal(text, rows[i].text);
	}
}

/* A second filter may forbid what the first needs: as in a container that refuses unshare(). */
static int enter_twice(void)
{
	CLEANUP(strv_clear) struct strv lacks = {0};

	NEED(sandbox_enter(SANDBOX_MOUNTS | SANDBOX_CALLS, &lacks) == 0);
	NEED(lacks.count == 2);
	NEED(strcmp(lacks.items[0], "mount namespace: Operation not permitted") == 0);
	return 0;
}

static void test_what_is_refused_is_told(void **state)
{
	if (!available(SANDBOX_CALLS))
		SKIP_BECAUSE("there is no seccomp here, or this build is sanitized");
	assert_int_equal(in_child(enter_twice, SANDBOX_CALLS, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_looking_goes_on),
		SANDBOX_TEST(test_what_was_stopped_is_named),
		SANDBOX_TEST(test_out_of_memory_still_aborts),
		cmocka_unit_test(test_text),
		SANDBOX_TEST(test_what_is_refused_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
