#include "engine/host/sandbox/sandbox-rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/macros.h"

#if SANDBOX_HAS_RULES

/* Newer than the headers of Debian 12; numbers from 424 on are the same everywhere. */
#define CALL_FCHMODAT2 452
#define CALL_MSEAL 462
#define CALL_SETXATTRAT 463
#define CALL_REMOVEXATTRAT 466
#define CALL_FILE_SETATTR 469
#define PR_SET_MEMORY_NAME 0x53564d41 /* PR_SET_VMA, which newer C libraries use in malloc() */
#define TERMINAL_GET 0x802c542a /* TCGETS2: isatty() of newer C libraries */

/*
 * Calls that only look, or change nothing but this process. The first lines are by far the most
 * frequent ones; kernels from 5.11 on do not run the filter for any of them.
 */
const uint16_t sandbox_harmless[] = {
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

/*
 * What nobody calls who only looks: it writes, runs something, signals others, or gains rights. A
 * process that tries this is not what it should be. Everything in neither list is probed by
 * libraries that can do without, and fails as on a kernel that lacks it.
 */
const uint16_t sandbox_breaches[] = {
	/* names, contents, attributes */
	SYS_openat,
	SYS_mkdirat,
	SYS_mknodat,
	SYS_unlinkat,
	SYS_renameat2,
	SYS_linkat,
	SYS_symlinkat,
	SYS_fchmod,
	SYS_fchmodat,
	CALL_FCHMODAT2,
	SYS_fchown,
	SYS_fchownat,
	SYS_utimensat,
	SYS_truncate,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_pwrite64,
	SYS_pwritev,
	SYS_pwritev2,
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	CALL_SETXATTRAT,
	SYS_removexattr,
	SYS_lremovexattr,
	SYS_fremovexattr,
	CALL_REMOVEXATTRAT,
	CALL_FILE_SETATTR,
	SYS_bind,
	/* programs, processes, signals */
	SYS_execve,
	SYS_execveat,
	SYS_kill,
	SYS_tkill,
	SYS_tgkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_pidfd_send_signal,
	SYS_ptrace,
	SYS_process_vm_writev,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	/* rights, mounts, the machine */
	SYS_setuid,
	SYS_setgid,
	SYS_setreuid,
	SYS_setregid,
	SYS_setresuid,
	SYS_setresgid,
	SYS_setgroups,
	SYS_capset,
	SYS_setns,
	SYS_unshare,
	SYS_chroot,
	SYS_pivot_root,
	SYS_mount,
	SYS_umount2,
	SYS_move_mount,
	SYS_mount_setattr,
	SYS_open_by_handle_at,
	SYS_swapon,
	SYS_swapoff,
	SYS_quotactl,
	SYS_acct,
	SYS_bpf,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
#ifdef __x86_64__
	SYS_creat,
	SYS_open,
	SYS_mkdir,
	SYS_mknod,
	SYS_rmdir,
	SYS_unlink,
	SYS_rename,
	SYS_renameat,
	SYS_link,
	SYS_symlink,
	SYS_chmod,
	SYS_chown,
	SYS_lchown,
	SYS_utime,
	SYS_utimes,
	SYS_futimesat,
	SYS_fork,
	SYS_vfork,
#endif
};

#define IS(n, v)                                                                                   \
	{                                                                                          \
		n, EQUALS, v                                                                       \
	}
#define MAY SECCOMP_RET_ALLOW
#define LACKS(e) (SECCOMP_RET_ERRNO | (e))
#define FOR_WRITING (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/*
 * openat2() is not to be had at all: what it opens for is in memory, where a filter cannot look,
 * and the read-only mounts end at /proc/PID/root, which leads to the mounts of another process.
 * The one caller (root.c) walks step by step instead. clone3() likewise; C libraries then take
 * clone(), and do without a thread where they get none.
 */
const struct rule sandbox_rules[] = {
	{SYS_openat, MAY, {{2, HAS_NONE_OF, FOR_WRITING}}},
#ifdef __x86_64__
	{SYS_open, MAY, {{1, HAS_NONE_OF, FOR_WRITING}}},
#endif
	{SYS_fcntl, MAY, {IS(1, F_GETFL)}},
	{SYS_fcntl, MAY, {IS(1, F_SETFL)}},
	{SYS_fcntl, MAY, {IS(1, F_GETFD)}},
	{SYS_fcntl, MAY, {IS(1, F_SETFD)}},
	{SYS_fcntl, MAY, {IS(1, F_DUPFD)}},
	{SYS_fcntl, MAY, {IS(1, F_DUPFD_CLOEXEC)}},
	{SYS_fcntl, LACKS(EINVAL)},
	{SYS_ioctl, MAY, {IS(1, TCGETS)}},
	{SYS_ioctl, MAY, {IS(1, TERMINAL_GET)}},
	{SYS_ioctl, MAY, {IS(1, TIOCGWINSZ)}},
	{SYS_ioctl, MAY, {IS(1, FIONREAD)}},
	{SYS_ioctl, MAY, {IS(1, (uint32_t)FS_IOC_GETFLAGS)}},
	{SYS_ioctl, SECCOMP_RET_TRAP, {IS(1, (uint32_t)FS_IOC_SETFLAGS)}},
	{SYS_ioctl, SECCOMP_RET_TRAP, {IS(1, TIOCSTI)}},
	{SYS_ioctl, LACKS(ENOTTY)},
	{SYS_socket, MAY, {IS(0, AF_UNIX)}},
	{SYS_socket, MAY, {IS(0, AF_NETLINK), IS(2, NETLINK_AUDIT)}},
	{SYS_socket, MAY, {IS(0, AF_NETLINK), IS(2, NETLINK_NETFILTER)}},
	{SYS_socket, LACKS(EAFNOSUPPORT)}, /* libcurl asks whether there is IPv6 */
	{SYS_prctl, MAY, {IS(0, PR_GET_NAME)}},
	{SYS_prctl, MAY, {IS(0, PR_GET_DUMPABLE)}},
	{SYS_prctl, MAY, {IS(0, PR_CAPBSET_READ)}},
	{SYS_prctl, MAY, {IS(0, PR_GET_SECUREBITS)}},
	{SYS_prctl, MAY, {IS(0, PR_GET_NO_NEW_PRIVS)}},
	{SYS_prctl, MAY, {IS(0, PR_CAP_AMBIENT), IS(1, PR_CAP_AMBIENT_IS_SET)}},
	{SYS_prctl, MAY, {IS(0, PR_SET_MEMORY_NAME)}},
	{SYS_prctl, LACKS(EINVAL)},
	{SYS_prlimit64, MAY, {{2, IS_NULL, 0}}},
	{SYS_prlimit64, LACKS(EPERM)},
	{SYS_clone, SECCOMP_RET_TRAP, {{0, HAS_NONE_OF, CLONE_THREAD}}},
	{SYS_clone, LACKS(EAGAIN)},
};

#define TELL_RUNS (FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK)
#define TELL_WRITES                                                                                \
	(IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |        \
	 IN_ONLYDIR)

/*
 * What the counting of --observe needs (engine/host/ask/run-count.c, write-count.c), and no more of it. The kernel's
 * notices are told behind the call: of this class none can hold up who makes it, and a descriptor that comes with one
 * is for reading.
 */
const struct rule sandbox_counting[] = {
	{SYS_fanotify_init, MAY, {IS(0, TELL_RUNS | FAN_REPORT_FID), IS(1, O_RDONLY | O_CLOEXEC)}},
	{SYS_fanotify_init, MAY, {IS(0, TELL_RUNS), IS(1, O_RDONLY | O_CLOEXEC)}},
	{SYS_fanotify_mark, MAY, {IS(1, FAN_MARK_ADD), IS(2, FAN_OPEN_EXEC)}},
	{SYS_inotify_init1, MAY, {IS(0, IN_NONBLOCK | IN_CLOEXEC)}},
	{SYS_inotify_add_watch, MAY, {IS(2, TELL_WRITES)}},
	{SYS_inotify_add_watch, MAY, {IS(2, TELL_WRITES | IN_OPEN)}},
	{SYS_signalfd4, MAY, {IS(0, (uint32_t)-1), IS(3, SFD_CLOEXEC | SFD_NONBLOCK)}},
	{SYS_rt_sigpending, MAY, {{0, ANYTHING, 0}}},
};

const size_t sandbox_ncounting = ARRAY_SIZE(sandbox_counting);
const size_t sandbox_nharmless = ARRAY_SIZE(sandbox_harmless);
const size_t sandbox_nbreaches = ARRAY_SIZE(sandbox_breaches);
const size_t sandbox_nrules = ARRAY_SIZE(sandbox_rules);

#else

const uint16_t sandbox_harmless[1];
const uint16_t sandbox_breaches[1];
const struct rule sandbox_rules[1];
const struct rule sandbox_counting[1];
const size_t sandbox_nharmless, sandbox_nbreaches, sandbox_nrules, sandbox_ncounting;

#endif
