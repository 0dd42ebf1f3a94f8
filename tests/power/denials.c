#include "tests/power/denials.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL_STOP (SIGTRAP | 0x80) /* as PTRACE_O_TRACESYSGOOD marks it */

static bool was_denied(pid_t pid)
{
	struct user_regs_struct regs;
	long answer;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return false;
	answer = (long)regs.rax;
	return answer == -EROFS || answer == -ENOSYS;
}

/* The answer while a call is only about to be made is ENOSYS: every second stop counts. */
static int follow(pid_t pid, size_t *denied)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC;
	bool inside = false;
	int status, pass = 0;

	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, options) < 0)
		return -ECHILD;
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, pass) < 0 && errno != ESRCH)
			return -errno;
		if (waitpid(pid, &status, 0) < 0)
			return -errno;
		if (!WIFSTOPPED(status))
			return status;
		pass = 0;
		if (WSTOPSIG(status) == CALL_STOP) {
			*denied += inside && was_denied(pid);
			inside = !inside;
		} else if (WSTOPSIG(status) != SIGTRAP) {
			pass = WSTOPSIG(status);
			*denied += pass == SIGSYS;
		}
	}
}

int denials_run(int (*run)(void *data), void *data, size_t *ret_denied)
{
	pid_t pid = fork();
	int status;

	*ret_denied = 0;
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(126);
		raise(SIGSTOP);
		_exit(run(data));
	}
	status = follow(pid, ret_denied);
	if (status < 0)
		return status;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
