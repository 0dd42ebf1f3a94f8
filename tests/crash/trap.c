#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/crash/follow.h"

/* Makes a call; the filter lets pass what comes from `trap_passes`, the place behind its syscall. */
long trap_call(long number, const unsigned long long *arguments);
extern const char trap_passes[];

__asm__(".text\n"
	".globl trap_call\n"
	".type trap_call, @function\n"
	"trap_call:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %r11\n"
	"	mov 0(%r11), %rdi\n"
	"	mov 8(%r11), %rsi\n"
	"	mov 16(%r11), %rdx\n"
	"	mov 24(%r11), %r10\n"
	"	mov 32(%r11), %r8\n"
	"	mov 40(%r11), %r9\n"
	"	syscall\n"
	".globl trap_passes\n"
	"trap_passes:\n"
	"	ret\n"
	".size trap_call, . - trap_call\n");

/* What the child tells its parent: in memory that they share. */
struct report {
	struct follow follow;
	struct trace_result result;
};

static struct report *report;

static void take_registers(const greg_t *g, struct user_regs_struct *ret)
{
	*ret = (struct user_regs_struct){
		.orig_rax = (unsigned long long)g[REG_RAX],
		.rdi = (unsigned long long)g[REG_RDI],
		.rsi = (unsigned long long)g[REG_RSI],
		.rdx = (unsigned long long)g[REG_RDX],
		.r10 = (unsigned long long)g[REG_R10],
		.r8 = (unsigned long long)g[REG_R8],
		.r9 = (unsigned long long)g[REG_R9],
	};
}

/* A call was stopped: the register that holds its number is where its result goes. */
static void on_call(int number, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	int saved = errno;
	struct user_regs_struct regs;

	take_registers(g, &regs);
	switch (follow_call(&report->follow, getpid(), &regs)) {
	case VERDICT_DIE:
		kill(getpid(), SIGKILL);
		break;
	case VERDICT_FAIL:
		g[REG_RAX] = -report->follow.order->error;
		break;
	case VERDICT_HALVE:
		regs.rdx /= 2;
		__attribute__((fallthrough));
	case VERDICT_RUN:
		g[REG_RAX] = trap_call((long)regs.orig_rax,
				       (const unsigned long long[]){regs.rdi, regs.rsi, regs.rdx,
								    regs.r10, regs.r8, regs.r9});
	}
	errno = saved;
}

static void enter(unsigned classes)
{
	struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO};

	if (sigaction(SIGSYS, &action, NULL) < 0)
		_exit(126);
	follow_filter(classes, SECCOMP_RET_TRAP, trap_passes);
}

static struct report *share(void)
{
	void *page = mmap(NULL, sizeof(struct report), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? NULL : page;
}

int trap_run(int (*run)(void *data), void *data, const struct trace_order *order,
	     struct trace_result *ret)
{
	int r;
	pid_t pid;

	report = share();
	if (!report)
		return -ENOMEM;
	report->result = *ret;
	r = follow_init(&report->follow, order, &report->result);
	pid = r < 0 ? r : fork();
	if (pid == 0) {
		enter(order->classes);
		_exit(run(data));
	}
	if (pid > 0 && waitpid(pid, &report->result.status, 0) < 0)
		r = -errno;
	*ret = report->result;
	munmap(report, sizeof(*report));
	return pid < 0 ? -EAGAIN : r;
}
