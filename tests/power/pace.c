#include "tests/power/pace.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/syscalls.h"

const char *const pace_names[PACE_COUNT] = {
	[PACE_LAZY] = "lazy",
	[PACE_SOME] = "30%",
	[PACE_ALL] = "100%",
	[PACE_UNRELATED] = "unrelated",
};

void pace_stir(const struct pace *pace)
{
	for (size_t i = 0; i < pace->ndisks; i++)
		if (write(pace->others[i], "x", 1) == 1)
			syscall(SYS_fsync, pace->others[i]);
}

void pace_settle(const struct pace *pace)
{
	for (size_t i = pace->ndisks; i > 0; i--)
		syscall(SYS_syncfs, pace->disks[i - 1]);
}

/* The real calls (not fsync(), which points.c catches). */
static void act(const struct pace *pace, size_t call)
{
	unsigned percent = mix64(pace->seed ^ mix64(call)) % 100;

	if (pace->mode == PACE_UNRELATED && percent < 30)
		pace_stir(pace);
	if (pace->mode != PACE_ALL && (pace->mode != PACE_SOME || percent >= 30))
		return;
	for (size_t i = 0; i < pace->ndisks; i++)
		syscall(SYS_syncfs, pace->disks[i]);
}

static bool counts(const struct pace *pace, pid_t pid)
{
	struct user_regs_struct regs;
	struct trace_call call;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0 || !syscall_classify(pid, &regs, &call))
		return false;
	return (call.class & TRACE_MUTATES) && !(call.bytes && (int)regs.rdi == pace->ignore_fd);
}

static int follow(pid_t pid, const struct pace *pace, size_t *calls)
{
	const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
	int status, pass = 0;

	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, options) < 0)
		return -ECHILD;
	for (;;) {
		if (ptrace(PTRACE_CONT, pid, NULL, pass) < 0 && errno != ESRCH)
			return -errno;
		if (waitpid(pid, &status, 0) < 0)
			return -errno;
		if (!WIFSTOPPED(status))
			return status;
		pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		if (status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) || !counts(pace, pid))
			continue;
		if (++*calls == pace->kill_at)
			kill(pid, SIGKILL);
		else
			act(pace, *calls);
	}
}

int pace_run(int (*run)(void *data), void *data, const struct pace *pace, size_t *ret_calls)
{
	size_t calls = 0;
	pid_t pid = fork();
	int r;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		trace_enter(TRACE_MUTATES);
		_exit(run(data));
	}
	r = follow(pid, pace, &calls);
	if (ret_calls)
		*ret_calls = calls;
	return r;
}
