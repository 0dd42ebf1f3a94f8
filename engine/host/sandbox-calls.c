#include "engine/host/sandbox-calls.h"

#include <errno.h>
#include <fcntl.h>
#include <libaudit.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/sandbox.h"

/*
 * The filter is put together here and not by libseccomp, which takes 1.7 to 2.2 ms for a list of
 * this length, half of what a whole plan may take; this takes less than 0.1 ms. All that is
 * lost are the other architectures: the list is by number, and a machine that is not named
 * here goes without.
 */
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

/* Newer than the headers of Debian 12; numbers from 424 on are the same everywhere. */
#define CALL_MSEAL 462
#define NEWEST_CALL 469 /* file_setattr, Linux 6.17 */
#define PR_SET_MEMORY_NAME 0x53564d41 /* PR_SET_VMA, which newer C libraries use in malloc() */
#define TERMINAL_GET 0x802c542a /* TCGETS2: isatty() of newer C libraries */

/*
 * Calls that only look, or change nothing but this process. The first lines are by far the most
 * frequent ones; kernels from 5.11 on do not run the filter for any of them.
 */
static const uint16_t harmless[] = {
	/* descriptors */
	SYS_read,
	SYS_close,
	SYS_pread64,
	SYS_readv,
	SYS_preadv,
	SYS_lseek,
	SYS_write,
	SYS_writev,
	SYS_dup,
	SYS_dup3,
	SYS_close_range,
	SYS_fadvise64,
	SYS_pipe2,
	SYS_eventfd2,
	SYS_ppoll,
	SYS_pselect6,
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
	/* names and what is behind them */
	SYS_newfstatat,
	SYS_fstat,
	SYS_statx,
	SYS_readlinkat,
	SYS_getdents64,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_statfs,
	SYS_fstatfs,
	SYS_getxattr,
	SYS_lgetxattr,
	SYS_fgetxattr,
	SYS_listxattr,
	SYS_llistxattr,
	SYS_flistxattr,
	SYS_name_to_handle_at,
	SYS_getcwd,
	SYS_chdir,
	SYS_fchdir,
	/* memory */
	SYS_brk,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	CALL_MSEAL,
	/* sockets: what may be made is judged below; bind() is not here, it can make a file */
	SYS_socketpair,
	SYS_connect,
	SYS_sendto,
	SYS_sendmsg,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_shutdown,
	SYS_getsockname,
	SYS_getpeername,
	SYS_getsockopt,
	SYS_setsockopt,
	/* this process, and time */
	SYS_exit,
	SYS_exit_group,
	SYS_futex,
	SYS_rseq,
	SYS_getpid,
	SYS_getppid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_getresuid,
	SYS_getresgid,
	SYS_getgroups,
	SYS_getpgid,
	SYS_getsid,
	SYS_capget,
	SYS_umask,
	SYS_uname,
	SYS_sysinfo,
	SYS_getrusage,
	SYS_getrandom,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_restart_syscall,
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
#ifdef __x86_64__ /* older forms of the above, which only this machine has */
	SYS_access,
	SYS_stat,
	SYS_lstat,
	SYS_readlink,
	SYS_dup2,
	SYS_pipe,
	SYS_poll,
	SYS_select,
	SYS_epoll_wait,
	SYS_time,
#endif
};

enum test {
	ANYTHING,
	EQUALS,
	HAS_NONE_OF,
	IS_NULL,
};

/* Of one argument: its low half, which is all that the kernel takes of an int. */
struct condition {
	uint8_t argument, test;
	uint32_t value;
};

/* Calls that may be made with these arguments. */
struct permit {
	uint16_t call;
	struct condition when[2];
};

#define IS(n, v)                                                                                   \
	{                                                                                          \
		n, EQUALS, v                                                                       \
	}

/*
 * openat2() is not to be had at all: what it opens for is in memory, where a filter cannot look,
 * and the read-only mounts end at /proc/PID/root, which leads to the mounts of another process.
 * The one caller (root.c) walks step by step instead.
 */
static const struct permit permits[] = {
	{SYS_openat,
	 {{2, HAS_NONE_OF, O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)}}},
	{SYS_fcntl, {IS(1, F_GETFL)}},
	{SYS_fcntl, {IS(1, F_SETFL)}},
	{SYS_fcntl, {IS(1, F_GETFD)}},
	{SYS_fcntl, {IS(1, F_SETFD)}},
	{SYS_fcntl, {IS(1, F_DUPFD)}},
	{SYS_fcntl, {IS(1, F_DUPFD_CLOEXEC)}},
	{SYS_ioctl, {IS(1, TCGETS)}},
	{SYS_ioctl, {IS(1, TERMINAL_GET)}},
	{SYS_ioctl, {IS(1, TIOCGWINSZ)}},
	{SYS_ioctl, {IS(1, FIONREAD)}},
	{SYS_ioctl, {IS(1, (uint32_t)FS_IOC_GETFLAGS)}},
	{SYS_socket, {IS(0, AF_UNIX)}},
	{SYS_socket, {IS(0, AF_NETLINK), IS(2, NETLINK_AUDIT)}},
	{SYS_socket, {IS(0, AF_NETLINK), IS(2, NETLINK_NETFILTER)}},
	{SYS_prctl, {IS(0, PR_GET_NAME)}},
	{SYS_prctl, {IS(0, PR_GET_DUMPABLE)}},
	{SYS_prctl, {IS(0, PR_CAPBSET_READ)}},
	{SYS_prctl, {IS(0, PR_GET_SECUREBITS)}},
	{SYS_prctl, {IS(0, PR_GET_NO_NEW_PRIVS)}},
	{SYS_prctl, {IS(0, PR_CAP_AMBIENT), IS(1, PR_CAP_AMBIENT_IS_SET)}},
	{SYS_prctl, {IS(0, PR_SET_MEMORY_NAME)}},
	{SYS_prlimit64, {{2, IS_NULL, 0}}},
};

#define MAX_CONDITION 4
#define MAX_PERMIT (3 + 2 * MAX_CONDITION)
#define MAX_FILTER (16 + 2 * ARRAY_SIZE(harmless) + (ARRAY_SIZE(permits) + 1) * (size_t)MAX_PERMIT)
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

/* The number is loaded anew: the permit before may have left an argument in its place. */
static void put_permit(struct filter *f, const struct permit *p)
{
	unsigned short start = f->length;

	put_load(f, offsetof(struct seccomp_data, nr));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, p->call, 0, TO_THE_END);
	for (size_t i = 0; i < ARRAY_SIZE(p->when); i++)
		put_condition(f, &p->when[i]);
	put_answer(f, SECCOMP_RET_ALLOW);
	for (unsigned short i = start; i < f->length; i++) {
		uint8_t rest = (uint8_t)(f->length - i - 1);

		if (f->code[i].jt == TO_THE_END)
			f->code[i].jt = rest;
		if (f->code[i].jf == TO_THE_END)
			f->code[i].jf = rest;
	}
}

/*
 * What is stopped raises a signal, so that it can be told (see stop()). Only to what is newer
 * than this list the answer is that there is no such call: C libraries try new calls first, and
 * fall back to the old ones.
 */
static void build(struct filter *f)
{
	const struct permit abort_self = {SYS_tgkill, {IS(0, (uint32_t)getpid())}};

	put_load(f, offsetof(struct seccomp_data, arch));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
	put_answer(f, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < ARRAY_SIZE(permits); i++)
		put_permit(f, &permits[i]);
	put_permit(f, &abort_self);
	put_load(f, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		put_call(f, harmless[i], SECCOMP_RET_ALLOW);
	put_call(f, SYS_openat2, SECCOMP_RET_ERRNO | ENOSYS);
	put(f, BPF_JMP | BPF_JGT | BPF_K, NEWEST_CALL, 0, 1);
	put_answer(f, SECCOMP_RET_ERRNO | ENOSYS);
	put_answer(f, SECCOMP_RET_TRAP);
}

/* Runs in place of the call, and gives it its answer. */
static void stop(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	if (first_stopped < 0)
		first_stopped = info->si_syscall;
	ANSWER(interrupted) = -EPERM;
}

int sandbox_enter_calls(void)
{
	const struct sigaction action = {.sa_sigaction = stop, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct filter f = {.length = 0};
	struct sock_fprog program = {.filter = f.code};

	build(&f);
	program.len = f.length;
	if (sigaction(SIGSYS, &action, NULL) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}

#else

int sandbox_enter_calls(void)
{
	return -ENOTSUP;
}

#endif
