#include "engine/host/sandbox/sandbox-impl.h"

#include <errno.h>
#include <libaudit.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"
#include "engine/host/sandbox/sandbox-rules.h"

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#define MACHINE_NAMES MACH_86_64
#define ANSWER(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define MACHINE AUDIT_ARCH_AARCH64
#define MACHINE_NAMES MACH_AARCH64
#define ANSWER(context) ((context)->uc_mcontext.regs[0])
#endif

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0 /* its search for leaks forks and traces, at the very end */
#endif

static volatile sig_atomic_t first_stopped = -1;

char *sandbox_stopped(void)
{
	const char *name = NULL;

	if (first_stopped < 0)
		return NULL;
#ifdef MACHINE
	name = audit_syscall_to_name(first_stopped, MACHINE_NAMES);
#endif
	return name ? xstrdup(name) : xasprintf("number %d", (int)first_stopped);
}

#if defined(MACHINE) && !SANITIZED

#define MAX_FILTER BPF_MAXINSNS
#define TO_THE_END 0xff

struct filter {
	struct sock_filter code[MAX_FILTER];
	unsigned short length;
};

static void put(struct filter *f, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
	f->code[f->length++] = (struct sock_filter)BPF_JUMP(code, k, if_true, if_false);
}

static void put_load(struct filter *f, size_t offset)
{
	put(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void put_answer(struct filter *f, uint32_t answer)
{
	put(f, BPF_RET | BPF_K, answer, 0, 0);
}

static void put_call(struct filter *f, unsigned call, uint32_t answer)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
	put_answer(f, answer);
}

static void put_condition(struct filter *f, const struct condition *c)
{
	size_t low = offsetof(struct seccomp_data, args) + c->argument * sizeof(uint64_t);

	if (c->test == ANYTHING)
		return;
	put_load(f, low);
	if (c->test == HAS_NONE_OF)
		put(f, BPF_JMP | BPF_JSET | BPF_K, c->value, TO_THE_END, 0);
	else
		put(f, BPF_JMP | BPF_JEQ | BPF_K, c->value, 0, TO_THE_END);
	if (c->test != IS_NULL)
		return;
	put_load(f, low + sizeof(uint32_t));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, TO_THE_END);
}

/* The number is loaded anew: the rule before may have left an argument in its place. */
static void put_rule(struct filter *f, const struct rule *rule)
{
	unsigned short start = f->length;

	put_load(f, offsetof(struct seccomp_data, nr));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, rule->call, 0, TO_THE_END);
	for (size_t i = 0; i < CONDITIONS; i++)
		put_condition(f, &rule->when[i]);
	put_answer(f, rule->answer);
	for (unsigned short i = start; i < f->length; i++) {
		uint8_t rest = (uint8_t)(f->length - i - 1);

		if (f->code[i].jt == TO_THE_END)
			f->code[i].jt = rest;
		if (f->code[i].jf == TO_THE_END)
			f->code[i].jf = rest;
	}
}

/* A breach raises a signal, so that it can be told (see stop()). */
static void build(struct filter *f, bool counts)
{
	const struct rule abort_self = {
		SYS_tgkill, SECCOMP_RET_ALLOW, {{0, EQUALS, (uint32_t)getpid()}}};

	put_load(f, offsetof(struct seccomp_data, arch));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
	put_answer(f, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < sandbox_nrules; i++)
		put_rule(f, &sandbox_rules[i]);
	for (size_t i = 0; counts && i < sandbox_ncounting; i++)
		put_rule(f, &sandbox_counting[i]);
	put_rule(f, &abort_self);
	put_load(f, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < sandbox_nharmless; i++)
		put_call(f, sandbox_harmless[i], SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < sandbox_nbreaches; i++)
		put_call(f, sandbox_breaches[i], SECCOMP_RET_TRAP);
	put_answer(f, SECCOMP_RET_ERRNO | ENOSYS);
}

/* Runs in place of the call, and gives it its answer. */
static void stop(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	if (first_stopped < 0)
		first_stopped = info->si_syscall;
	ANSWER(interrupted) = -EPERM;
}

int sandbox_enter_calls(unsigned walls)
{
	const struct sigaction action = {.sa_sigaction = stop, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct filter f = {.length = 0};
	struct sock_fprog program = {.filter = f.code};

	build(&f, walls & SANDBOX_COUNTS);
	program.len = f.length;
	if (sigaction(SIGSYS, &action, NULL) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}

#else

int sandbox_enter_calls(unsigned walls UNUSED)
{
	return -ENOTSUP;
}

#endif
