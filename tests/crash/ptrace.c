#include "tests/crash/trace.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/follow.h"

void trace_enter(unsigned classes)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(126);
	raise(SIGSTOP);
	follow_filter(classes, SECCOMP_RET_TRACE, NULL);
}

/* What happens to the call at which the child stands. */
static void on_call(struct follow *f, pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return;
	switch (follow_call(f, pid, &regs)) {
	case VERDICT_RUN:
		return;
	case VERDICT_DIE:
		kill(pid, SIGKILL);
		return;
	case VERDICT_FAIL:
		regs.orig_rax = (unsigned long long)-1;
		regs.rax = (unsigned long long)-f->order->error;
		break;
	case VERDICT_HALVE:
		regs.rdx /= 2;
		break;
	}
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
}

/* What a stop of the child, or of a child of its own, means for how it goes on: the signal to pass. */
static int on_stop(struct follow *f, pid_t pid, int status)
{
	int signal = WSTOPSIG(status);

	if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
		on_call(f, pid);
		return 0;
	}
	/* an exec, a new child, or the attaching to one */
	return signal == SIGTRAP || signal == SIGSTOP ? 0 : signal;
}

int trace_follow(int pid, const struct trace_order *order, struct trace_result *ret)
{
	const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	struct follow f;
	pid_t stopped = pid;
	int status, pass = 0, r = follow_init(&f, order, ret);

	if (r < 0)
		return r;
	if (waitpid(pid, &status, __WALL) < 0 || !WIFSTOPPED(status))
		return -ECHILD;
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, options) < 0)
		return -errno;
	for (;;) {
		if (ptrace(PTRACE_CONT, stopped, NULL, pass) < 0 && errno != ESRCH)
			return -errno;
		do
			stopped = waitpid(-1, &status, __WALL);
		while (stopped > 0 && stopped != pid && !WIFSTOPPED(status));
		if (stopped < 0)
			return -errno;
		if (!WIFSTOPPED(status))
			break;
		pass = on_stop(&f, stopped, status);
	}
	ret->status = status;
	return 0;
}

int trace_run(int (*run)(void *data), void *data, const struct trace_order *order,
	      struct trace_result *ret)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		trace_enter(order->classes);
		_exit(run(data));
	}
	return trace_follow(pid, order, ret);
}
