#include "tests/crash/follow.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/crash/syscalls.h"

#define MAX_CALLS 200000
#define STICKY_EINTR 3 /* a program may try again: for ever, if it went on for ever */

int follow_init(struct follow *f, const struct trace_order *order, struct trace_result *ret)
{
	*f = (struct follow){.order = order, .ret = ret};
	if (!ret->keep_calls)
		return 0;
	ret->calls = mmap(NULL, TRACE_MAX_KEPT * sizeof(*ret->calls), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ret->calls == MAP_FAILED)
		ret->calls = NULL;
	return ret->calls ? 0 : -ENOMEM;
}

void trace_result_clear(struct trace_result *r)
{
	if (r->calls)
		munmap(r->calls, TRACE_MAX_KEPT * sizeof(*r->calls));
	*r = (struct trace_result){0};
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

static enum verdict judge(struct follow *f, const struct trace_call *call)
{
	const struct trace_order *o = f->order;

	f->ret->endless = f->count > MAX_CALLS;
	if (f->kill_next || f->ret->endless || (o->action == TRACE_KILL && f->count == o->at))
		return VERDICT_DIE;
	if (o->action == TRACE_FAIL && shall_fail(f, call))
		return VERDICT_FAIL;
	if ((o->action == TRACE_SHORT || o->action == TRACE_TORN) && f->count == o->at &&
	    call->bytes > 1)
		return VERDICT_HALVE;
	return VERDICT_RUN;
}

enum verdict follow_call(struct follow *f, pid_t pid, const struct user_regs_struct *regs)
{
	struct trace_result *ret = f->ret;
	struct trace_call call;
	enum verdict verdict;

	if (!syscall_classify(pid, regs, &call) || !(call.class & f->order->classes) ||
	    (call.bytes && (int)regs->rdi == f->order->ignore_fd))
		return VERDICT_RUN;
	f->count++;
	verdict = judge(f, &call);
	if (f->order->log || ret->keep_calls || (verdict != VERDICT_RUN && !ret->fired))
		syscall_describe(pid, regs, &call);
	if (f->order->log)
		fprintf(f->order->log, "%zu %s\n", f->count, call.text);
	if (ret->keep_calls && ret->ncalls < TRACE_MAX_KEPT)
		ret->calls[ret->ncalls++] = call;
	if (verdict != VERDICT_RUN && !ret->fired)
		ret->at = call;
	ret->fired = ret->fired || verdict != VERDICT_RUN;
	f->failed += verdict == VERDICT_FAIL;
	f->kill_next = verdict == VERDICT_HALVE && f->order->action == TRACE_TORN;
	return verdict;
}

static size_t allow_from(struct sock_filter *code, const void *from)
{
	const uint64_t at = (uint64_t)(uintptr_t)from;
	const unsigned ip = offsetof(struct seccomp_data, instruction_pointer);
	const struct sock_filter rows[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)at, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(at >> 32), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	size_t n = 0;

	for (; n < sizeof(rows) / sizeof(rows[0]); n++)
		code[n] = rows[n];
	return n;
}

void follow_filter(unsigned classes, unsigned action, const void *except)
{
	struct sock_filter code[300];
	struct sock_fprog program = {.filter = code};
	size_t count, n = except ? allow_from(code, except) : 0;
	const struct syscall_row *rows = syscall_rows(&count);

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++) {
		if (rows[i].class && !(rows[i].class & classes))
			continue;
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (unsigned)rows[i].number, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(126);
}
