/* Who holds the lock, and that one who is stopped with it is told to go on: he alone. */

#include "tests/unit/temp-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "rollback/lock-holder.h"

static int directory_of(void **state)
{
	struct temp_directory *t = *state;

	return t->fd;
}

/* A process that takes the lock and stops; with `hands_on` it leaves that to a child, and keeps none of it. */
static pid_t holder(int directory, bool hands_on)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int fd = openat(directory, "lock", O_RDWR | O_CREAT, 0600);

		if (fd < 0 || flock(fd, LOCK_EX) < 0)
			_exit(1);
		if (hands_on) {
			if (fork() == 0)
				_exit(poll(NULL, 0, 3000));
			close(fd);
		}
		raise(SIGSTOP);
		_exit(7);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	return pid;
}

static void test_nobody(void **state)
{
	struct lock_holder h = lock_holder_find(-1, "lock");

	assert_false(h.held);
	h = lock_holder_find(directory_of(state), "lock");
	assert_false(h.held);
	assert_int_equal(lock_holder_continue(directory_of(state), "lock", &h), 0);
}

static void test_at_work(void **state)
{
	int fd = openat(directory_of(state), "lock", O_RDWR | O_CREAT, 0600);
	struct lock_holder h;

	assert_int_equal(flock(fd, LOCK_EX), 0);
	h = lock_holder_find(directory_of(state), "lock");
	assert_true(h.held);
	assert_int_equal(h.pid, getpid());
	assert_false(h.stopped);
	assert_int_equal(lock_holder_continue(directory_of(state), "lock", &h), 0);
	close(fd);
	h = lock_holder_find(directory_of(state), "lock");
	assert_false(h.held);
}

static void test_stopped(void **state)
{
	pid_t pid = holder(directory_of(state), false);
	struct lock_holder h = lock_holder_find(directory_of(state), "lock");
	CLEANUP(freep) char *text = lock_holder_text(&h);
	CLEANUP(freep) char *remedy = xasprintf("'kill -CONT %d'", pid);
	int status;

	assert_int_equal(h.pid, pid);
	assert_true(h.stopped);
	assert_non_null(strstr(text, remedy));
	assert_int_equal(lock_holder_continue(directory_of(state), "lock", &h), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* The kernel names who took it; that one has it no more, and is stopped for reasons of its own. */
static void test_handed_on(void **state)
{
	pid_t pid = holder(directory_of(state), true);
	struct lock_holder h = lock_holder_find(directory_of(state), "lock");
	int status;

	assert_true(h.held);
	if (h.pid == pid)
		assert_int_equal(lock_holder_continue(directory_of(state), "lock", &h), 0);
	assert_int_equal(waitpid(pid, &status, WNOHANG | WCONTINUED), 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

#define CANNOT 77

/* In a mount namespace of its own: two file systems that give their first files the same inodes. 0: as it shall be. */
static int two_file_systems(const char *path)
{
	CLEANUP(freep) char *other = xasprintf("%s/other", path);
	CLEANUP(close_fd) int first = -1, second = -1, held = -1, free_one = -1;
	struct stat a, b;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", path, "tmpfs", 0, NULL) < 0 || mkdir(other, 0700) < 0 ||
	    mount("tmpfs", other, "tmpfs", 0, NULL) < 0)
		return CANNOT;
	first = open(path, O_RDONLY | O_DIRECTORY);
	second = open(other, O_RDONLY | O_DIRECTORY);
	free_one =
		openat(second, "first", O_RDWR | O_CREAT, 0600); /* where `other` is in the first */
	held = openat(first, "lock", O_RDWR | O_CREAT, 0600);
	close_fd(&free_one);
	free_one = openat(second, "lock", O_RDWR | O_CREAT, 0600);
	if (held < 0 || free_one < 0 || fstat(held, &a) < 0 || fstat(free_one, &b) < 0 ||
	    flock(held, LOCK_EX) < 0 || a.st_ino != b.st_ino)
		return CANNOT;
	return lock_holder_find(first, "lock").held && !lock_holder_find(second, "lock").held ? 0
											      : 1;
}

static void test_same_inode_elsewhere(void **state)
{
	const struct temp_directory *t = *state;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(two_file_systems(t->path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CANNOT)
		SKIP_BECAUSE("no two file systems can be mounted here");
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_nobody),
		TEMP_DIRECTORY_TEST(test_at_work),
		TEMP_DIRECTORY_TEST(test_stopped),
		TEMP_DIRECTORY_TEST(test_handed_on),
		TEMP_DIRECTORY_TEST(test_same_inode_elsewhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
