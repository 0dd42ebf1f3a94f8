#include "tests/unit/temp-directory.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/base/interrupt.h"

#define LONG_MS 3600000 /* who waits so long was not interrupted */

/* Blocked signals stay pending, so each try is a process of its own. */
static void in_child(int (*try)(int signal), int signal)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(try(signal));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The line of the first thing that is not as it shall be; 0 when all are. */
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 255 + 1;                                                 \
	} while (0)

static int is_seen_by_all(int signal)
{
	struct interrupt i = INTERRUPT_INIT;
	struct error err = {0};
	CLEANUP(freep) char *text = xasprintf("interrupted by signal %d", signal);

	EXPECT(interrupt_open(&i, &err) == 0);
	EXPECT(interrupt_signal() == 0);
	EXPECT(interrupt_wait(&i, 0, &err) == 0);
	raise(signal);
	for (int k = 0; k < 2; k++) {
		EXPECT(interrupt_wait(&i, LONG_MS, &err) == -EINTR);
		EXPECT(strcmp(error_text(&err), text) == 0);
		error_clear(&err);
	}
	EXPECT(interrupt_wait(NULL, 0, &err) == 0);
	EXPECT(interrupt_signal() == signal);
	interrupt_close(&i);
	EXPECT(interrupt_signal() == signal);
	return 0;
}

static int arrives_while_waiting(int signal)
{
	struct interrupt i = INTERRUPT_INIT;
	pid_t parent = getpid(), child;
	int r;

	EXPECT(interrupt_open(&i, NULL) == 0);
	child = fork();
	if (child == 0) {
		poll(NULL, 0, 50);
		_exit(kill(parent, signal));
	}
	r = interrupt_wait(&i, LONG_MS, NULL);
	interrupt_close(&i);
	waitpid(child, NULL, 0);
	EXPECT(r == -EINTR);
	return 0;
}

static int is_ignored(int number)
{
	struct interrupt i = INTERRUPT_INIT;
	int r;

	signal(number, SIG_IGN);
	EXPECT(interrupt_open(&i, NULL) == 0);
	raise(number);
	r = interrupt_wait(&i, 20, NULL);
	interrupt_close(&i);
	EXPECT(r == 0 && interrupt_signal() == 0);
	return 0;
}

static int is_beside_a_descriptor(int signal)
{
	struct interrupt i = INTERRUPT_INIT;
	int ends[2];

	EXPECT(interrupt_open(&i, NULL) == 0 && pipe(ends) == 0);
	EXPECT(write(ends[1], "x", 1) == 1);
	EXPECT(interrupt_wait_fd(&i, ends[0], POLLIN, LONG_MS, NULL) == 0);
	raise(signal);
	EXPECT(interrupt_wait_fd(&i, ends[0], POLLIN, LONG_MS, NULL) == -EINTR);
	EXPECT(interrupt_wait_fd(NULL, ends[0], POLLIN, LONG_MS, NULL) == 0);
	return 0;
}

static void test_each_signal(void **state)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		in_child(is_seen_by_all, signals[i]);
		in_child(arrives_while_waiting, signals[i]);
		in_child(is_ignored, signals[i]);
		in_child(is_beside_a_descriptor, signals[i]);
	}
}

enum stop { STOP_BLOCKED, STOP_LET, STOP_PENDING };

/* Where nobody could have it go on again, the kernel stops no process: so in a group of its own, below its parent. */
static bool is_stopped_by(int signal, enum stop how)
{
	pid_t pid = fork();
	bool stopped;
	int status;

	if (pid == 0) {
		setpgid(0, 0);
		interrupt_block();
		if (how == STOP_LET)
			interrupt_let_stop();
		raise(signal);
		if (how == STOP_PENDING)
			interrupt_let_stop();
		_exit(interrupt_signal());
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	stopped = WIFSTOPPED(status);
	assert_true(!stopped || WSTOPSIG(status) == signal);
	if (stopped) {
		kill(pid, SIGCONT);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return stopped;
}

static void test_job_control(void **state)
{
	static const int signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		assert_false(is_stopped_by(signals[i], STOP_BLOCKED));
		assert_true(is_stopped_by(signals[i], STOP_LET));
		assert_true(is_stopped_by(signals[i], STOP_PENDING));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_signal),
		cmocka_unit_test(test_job_control),
	};

	signal(SIGHUP, SIG_DFL); /* whoever started the test may have it ignored: nohup */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
