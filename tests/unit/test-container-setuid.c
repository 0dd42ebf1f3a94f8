#include "tests/unit/temp-folder.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/plan/facts-containers.h"

#define NOBODY 65534
#define SOMEBODY 1234

/* A process that has a child with another user, and then takes `parent` itself: its number. */
static pid_t fork_both(uid_t parent, uid_t child)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		uid_t uid;

		setpgid(0, 0);
		uid = fork() == 0 ? child : parent;
		if (setresuid(uid, uid, uid) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		close(ready[1]);
		pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1) + read(ready[0], &byte, 1), 2);
	close(ready[0]);
	return pid;
}

static void test_changed_user(void **state)
{
	static const struct {
		uid_t parent, child;
		bool want;
	} rows[] = {
		{NOBODY, 0, true}, /* sudo */
		{NOBODY, SOMEBODY, true}, /* su -c */
		{NOBODY, NOBODY, false},
		{0, SOMEBODY, false}, /* root's to give */
		{0, 0, false},
	};

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can take another user");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pid_t pid = fork_both(rows[i].parent, rows[i].child);
		bool got = process_changed_user(pid, rows[i].child);

		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (got != rows[i].want)
			fail_msg("row %zu", i);
	}
	assert_false(process_changed_user(0, 0)); /* no such process */
	assert_false(process_changed_user(getpid(), -1)); /* not known */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changed_user),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
