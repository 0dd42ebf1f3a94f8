/* What goes on behind the sandbox's walls, and what is told of them. */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/sandbox/sandbox-rules.h"
#include "engine/host/sandbox/sandbox.h"
#include "tests/unit/sandbox-child.h"

/* In a child with all walls: does what looking needs; 0, or the line where it went wrong. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 200 + 1;                                                 \
	} while (0)

static int look(void)
{
	CLEANUP(freep) char *file = in_directory("file");
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

static void *no_work(void *data)
{
	return data;
}

/* What libraries try and can do without; the first is libcurl's question whether there is IPv6. */
static int probe(void)
{
	struct rlimit limit = {0};
	struct flock lock = {.l_type = F_RDLCK};
	pthread_t thread;
	int value = 0;

	NEED(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0 && errno == EAFNOSUPPORT);
	NEED(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EAFNOSUPPORT);
	NEED(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) < 0 && errno == EAFNOSUPPORT);
	NEED(pthread_create(&thread, NULL, no_work, NULL) == EAGAIN);
	NEED(setrlimit(RLIMIT_NOFILE, &limit) < 0 && errno == EPERM);
	NEED(fcntl(0, F_SETLK, &lock) < 0 && errno == EINVAL);
	NEED(ioctl(0, TIOCSCTTY, &value) < 0 && errno == ENOTTY);
	NEED(prctl(PR_SET_NAME, "other") < 0 && errno == EINVAL);
	NEED(memfd_create("x", 0) < 0 && errno == ENOSYS);
	NEED(timerfd_create(CLOCK_MONOTONIC, 0) < 0 && errno == ENOSYS);
	NEED(inotify_init1(0) < 0 && errno == ENOSYS);
	NEED(sandbox_stopped() == NULL);
	return 0;
}

/* Every number that is in no list: it fails as one that the kernel does not know. */
static int call_the_unknown(void)
{
	size_t unknown = 0;

	for (long n = 0; n < 1200; n++) {
		/* 335 and 336 are the kernel's own trampolines of uprobes, which answer by a signal */
		bool listed = n == SYS_tgkill || n == 335 || n == 336;

		for (size_t i = 0; i < sandbox_nharmless; i++)
			listed = listed || sandbox_harmless[i] == n;
		for (size_t i = 0; i < sandbox_nbreaches; i++)
			listed = listed || sandbox_breaches[i] == n;
		for (size_t i = 0; i < sandbox_nrules; i++)
			listed = listed || sandbox_rules[i].call == n;
		if (listed)
			continue;
		unknown++;
		NEED(syscall(n, 0, 0, 0, 0, 0, 0) < 0 && errno == ENOSYS);
	}
	NEED(unknown > 800);
	NEED(sandbox_stopped() == NULL);
	return 0;
}

/* What --observe counts by is let through as it is called, and in no other way. */
static int count_what_is_done(void)
{
	CLEANUP(freep) char *file = in_directory("file"), *dir = in_directory("dir");
	unsigned tell = FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK;
	unsigned of_a_name = IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
			     IN_MOVED_TO | IN_ONLYDIR;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	sigset_t set;

	sigemptyset(&set);
	NEED(fd >= 0 && inotify_add_watch(fd, dir, of_a_name) >= 0);
	NEED(inotify_add_watch(fd, dir, of_a_name | IN_OPEN) >= 0);
	NEED(inotify_add_watch(fd, dir, IN_ALL_EVENTS) < 0 && errno == ENOSYS);
	NEED(inotify_rm_watch(fd, 1) < 0 && errno == ENOSYS);
	NEED(inotify_init1(0) < 0 && errno == ENOSYS);
	/* the kernel may refuse what the walls let through, by another word */
	NEED(fanotify_init(tell | FAN_REPORT_FID, O_RDONLY | O_CLOEXEC) >= 0 || errno != ENOSYS);
	NEED(fanotify_mark(-1, FAN_MARK_ADD, FAN_OPEN_EXEC, AT_FDCWD, file) < 0 && errno == EBADF);
	/* who asks may hold up, and who is given may write: neither is had */
	NEED(fanotify_init(tell | FAN_CLASS_CONTENT, O_RDONLY | O_CLOEXEC) < 0 && errno == ENOSYS);
	NEED(fanotify_init(tell, O_RDWR | O_CLOEXEC) < 0 && errno == ENOSYS);
	NEED(fanotify_mark(-1, FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD, file) < 0 &&
	     errno == ENOSYS);
	NEED(fanotify_mark(-1, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC, AT_FDCWD, file) <
		     0 &&
	     errno == ENOSYS);
	NEED(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) >= 0 && sigpending(&set) == 0);
	NEED(sandbox_stopped() == NULL);
	NEED(chmod(file, 0640) < 0 && errno == EPERM && sandbox_stopped());
	return 0;
}

static void test_counting_needs_to_be_asked_for(void **state)
{
	if (!available(SANDBOX_CALLS))
		SKIP_BECAUSE("there is no seccomp here, or this build is sanitized");
	make_files();
	assert_int_equal(in_child(count_what_is_done, sandbox_walls() | SANDBOX_COUNTS, 0), 0);
	assert_int_not_equal(in_child(count_what_is_done, sandbox_walls(), 0), 0);
}

static int look_and_stumble(void)
{
	CLEANUP(freep) char *file = in_directory("file"), *call = NULL;

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

static void test_probes_fail_and_void_nothing(void **state)
{
	if (!available(SANDBOX_CALLS))
		SKIP_BECAUSE("there is no seccomp here, or this build is sanitized");
	assert_int_equal(in_child(probe, sandbox_walls(), 0), 0);
	assert_int_equal(in_child(call_the_unknown, sandbox_walls(), 0), 0);
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
		SANDBOX_TEST(test_probes_fail_and_void_nothing),
		SANDBOX_TEST(test_what_was_stopped_is_named),
		SANDBOX_TEST(test_counting_needs_to_be_asked_for),
		SANDBOX_TEST(test_out_of_memory_still_aborts),
		cmocka_unit_test(test_text),
		SANDBOX_TEST(test_what_is_refused_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
