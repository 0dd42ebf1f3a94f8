#include "engine/host/write/trial-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/fd-io.h"
#include "engine/host/read/root.h"

static void run_child(char *const argv[], const struct trial_file *files, size_t count, int output)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const environment[] = {path, locale, NULL};
	int null = open("/dev/null", O_RDONLY), step;

	trial_begin_child();
	step = trial_make_view(CLONE_NEWNET | CLONE_NEWIPC, files, count, NULL);
	if (step)
		_exit(step);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0 || chdir("/") < 0)
		_exit(TRIAL_EXEC);
	closefrom(STDERR_FILENO + 1);
	execve(argv[0], argv, environment);
	_exit(TRIAL_EXEC);
}

int trial_run(char *const argv[], const struct trial_file *files, size_t count, int timeout_ms,
	      struct buf *ret_output, struct error *err)
{
	CLEANUP(close_fd) int output = -1;
	pid_t pid = trial_fork(&output, err);
	int r, code;

	if (pid < 0)
		return pid;
	if (pid == 0)
		run_child(argv, files, count, output);
	r = trial_take_output(output, clock_ms() + timeout_ms, TRIAL_MAX_OUTPUT, ret_output);
	kill(-pid, SIGKILL); /* what it left running; itself too where its time is over */
	code = trial_wait_child(pid);
	if (r < 0)
		return error_errno(err, r, "'%s' was ended", argv[0]);
	if (code < 0)
		return error_errno(err, code, "cannot learn how '%s' ended", argv[0]);
	if (trial_step_text(code) && ret_output->len == 0)
		return error_set(err, -EOPNOTSUPP, "cannot have %s", trial_step_text(code));
	return code;
}
