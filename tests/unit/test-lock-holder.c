/* Who holds the lock, and that one who is stopped with it is told to go on: he alone. */

#include "tests/unit/temp-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_nobody),
		TEMP_DIRECTORY_TEST(test_at_work),
		TEMP_DIRECTORY_TEST(test_stopped),
		TEMP_DIRECTORY_TEST(test_handed_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
