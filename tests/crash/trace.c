#include "tests/crash/trace.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/crash/syscalls.h"

#define MAX_CALLS 200000
#define STICKY_EINTR 3 /* a program may try again: for ever, if it went on for ever */

/* A filter that stops at every call of the table, of which the order may use some only. */
static void install_filter(unsigned classes)
{
	struct sock_filter code[256];
	struct sock_fprog program = {.filter = code};
	size_t count, n = 0;
	const struct syscall_row *rows = syscall_rows(&count);

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++) {
		if (rows[i].class && !(rows[i].class & classes))
			continue;
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (unsigned)rows[i].number, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(126);
}

void trace_enter(unsigned classes)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(126);
	raise(SIGSTOP);
	install_filter(classes);
}

/* One run being followed. */
struct follow {
	pid_t pid;
	const struct trace_order *order;
	struct trace_result *ret;
	size_t count; /* of all counted calls */
	size_t failed;
	bool kill_next;
};

static void fire(struct follow *f, const struct trace_call *call)
{
	if (!f->ret->fired)
		f->ret->at = *call;
	f->ret->fired = true;
}

/* The call does not run, and gives the error. */
static void fail_call(struct follow *f, struct user_regs_struct *regs,
		      const struct trace_call *call)
{
	fire(f, call);
	f->failed++;
	regs->orig_rax = (unsigned long long)-1;
	regs->rax = (unsigned long long)-f->order->error;
	ptrace(PTRACE_SETREGS, f->pid, NULL, regs);
}

static void halve_call(struct follow *f, struct user_regs_struct *regs,
		       const struct trace_call *call)
{
	if (call->bytes < 2)
		return;
	fire(f, call);
	regs->rdx = call->bytes / 2;
	ptrace(PTRACE_SETREGS, f->pid, NULL, regs);
	f->kill_next = f->order->action == TRACE_TORN;
}

static bool shall_fail(const struct follow *f, const struct trace_call *call)
{
	const struct trace_order *o = f->order;

	if (f->count <= o->at || o->reach == TRACE_ONCE)
		return f->count == o->at;
	if (o->error == EINTR && f->failed >= STICKY_EINTR)
		return false;
	return o->reach == TRACE_ALL || call->number == f->ret->at.number;
}

static void on_call(struct follow *f)
{
	const struct trace_order *o = f->order;
	struct user_regs_struct regs;
	struct trace_call call;

	if (ptrace(PTRACE_GETREGS, f->pid, NULL, &regs) < 0 ||
	    !syscall_describe(f->pid, &regs, &call) || !(call.class & o->classes) ||
	    (call.bytes && (int)regs.rdi == o->ignore_fd))
		return;
	f->count++;
	if (o->log)
		fprintf(o->log, "%zu %s\n", f->count, call.text);
	if (f->ret->keep_calls)
		*(struct trace_call *)array_append(&f->ret->calls, &f->ret->ncalls, sizeof(call)) =
			call;
	f->ret->endless = f->count > MAX_CALLS;
	if (f->kill_next || f->ret->endless || (o->action == TRACE_KILL && f->count == o->at)) {
		fire(f, &call);
		kill(f->pid, SIGKILL);
	} else if (o->action == TRACE_FAIL && shall_fail(f, &call)) {
		fail_call(f, &regs, &call);
	} else if ((o->action == TRACE_SHORT || o->action == TRACE_TORN) && f->count == o->at) {
		halve_call(f, &regs, &call);
	}
}

/* What a stop of the child, or of a child of its own, means for how it goes on: the signal to pass. */
static int on_stop(struct follow *f, pid_t pid, int status)
{
	int signal = WSTOPSIG(status);

	if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
		f->pid = pid;
		on_call(f);
		return 0;
	}
	/* an exec, a new child, or the attaching to one */
	return signal == SIGTRAP || signal == SIGSTOP ? 0 : signal;
}

int trace_follow(int pid, const struct trace_order *order, struct trace_result *ret)
{
	const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	struct follow f = {.order = order, .ret = ret};
	pid_t stopped = pid;
	int status, pass = 0;

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

void trace_result_clear(struct trace_result *r)
{
	free(r->calls);
	*r = (struct trace_result){0};
}
