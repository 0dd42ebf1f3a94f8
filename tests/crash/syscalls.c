#include "tests/crash/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "engine/base/macros.h"

#define W TRACE_MUTATES
#define R TRACE_READS
#define BY_FLAGS 0
#define WRITE_FLAGS (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

/* What may fail a call: a full disk or quota, a file system that turned read-only, ... */
#define CHANGING                                                                                   \
	(FAIL_IO | FAIL_NOSPC | FAIL_DQUOT | FAIL_ROFS | FAIL_MFILE | FAIL_NOMEM | FAIL_ACCES |    \
	 FAIL_PERM | FAIL_INTR)
#define OPENING (FAIL_IO | FAIL_MFILE | FAIL_NOMEM | FAIL_ACCES | FAIL_PERM | FAIL_INTR)
#define LOOKING (FAIL_IO | FAIL_NOMEM | FAIL_ACCES)
#define READING (FAIL_IO | FAIL_NOMEM | FAIL_INTR)
#define CLOSING (FAIL_IO | FAIL_NOSPC | FAIL_DQUOT | FAIL_INTR)
#define MAPPING (FAIL_NOMEM | FAIL_ACCES | FAIL_PERM)
#define TALKING (FAIL_IO | FAIL_NOMEM | FAIL_INTR | FAIL_CONNRESET)

const int trace_errnos[FAIL_COUNT] = {EIO,    ENOSPC, EDQUOT, EROFS,        EMFILE,     ENOMEM,
				      EACCES, EPERM,  EINTR,  ECONNREFUSED, ECONNRESET, EPIPE};

static const struct syscall_row rows[] = {

	{SYS_open, "open", BY_FLAGS, OPENING, 1},
	{SYS_openat, "openat", BY_FLAGS, OPENING, 2},
	{SYS_openat2, "openat2", BY_FLAGS, OPENING, 2},
	{SYS_creat, "creat", W, CHANGING, 1},
	{SYS_write, "write", W, CHANGING, .bytes = true},
	{SYS_pwrite64, "pwrite", W, CHANGING, .bytes = true},
	{SYS_writev, "writev", W, CHANGING},
	{SYS_pwritev, "pwritev", W, CHANGING},
	{SYS_sendfile, "sendfile", W, CHANGING},
	{SYS_copy_file_range, "copy_file_range", W, CHANGING},
	{SYS_fallocate, "fallocate", W, CHANGING},
	{SYS_fsync, "fsync", W, CHANGING},
	{SYS_fdatasync, "fdatasync", W, CHANGING},
	{SYS_syncfs, "syncfs", W, CHANGING},
	{SYS_sync, "sync", W, CHANGING},
	{SYS_sync_file_range, "sync_file_range", W, CHANGING},
	{SYS_rename, "rename", W, CHANGING, 1, 2},
	{SYS_renameat, "renameat", W, CHANGING, 2, 4},
	{SYS_renameat2, "renameat2", W, CHANGING, 2, 4},
	{SYS_unlink, "unlink", W, CHANGING, 1},
	{SYS_unlinkat, "unlinkat", W, CHANGING, 2},
	{SYS_rmdir, "rmdir", W, CHANGING, 1},
	{SYS_mkdir, "mkdir", W, CHANGING, 1},
	{SYS_mkdirat, "mkdirat", W, CHANGING, 2},
	{SYS_mknodat, "mknodat", W, CHANGING, 2},
	{SYS_link, "link", W, CHANGING, 1, 2},
	{SYS_linkat, "linkat", W, CHANGING, 2, 4},
	{SYS_symlink, "symlink", W, CHANGING, 1, 2},
	{SYS_symlinkat, "symlinkat", W, CHANGING, 1, 3},
	{SYS_chmod, "chmod", W, CHANGING, 1},
	{SYS_fchmod, "fchmod", W, CHANGING},
	{SYS_fchmodat, "fchmodat", W, CHANGING, 2},
	{SYS_chown, "chown", W, CHANGING, 1},
	{SYS_fchown, "fchown", W, CHANGING},
	{SYS_lchown, "lchown", W, CHANGING, 1},
	{SYS_fchownat, "fchownat", W, CHANGING, 2},
	{SYS_setxattr, "setxattr", W, CHANGING, 1, 2},
	{SYS_lsetxattr, "lsetxattr", W, CHANGING, 1, 2},
	{SYS_fsetxattr, "fsetxattr", W, CHANGING, 2},
	{SYS_removexattr, "removexattr", W, CHANGING, 1, 2},
	{SYS_lremovexattr, "lremovexattr", W, CHANGING, 1, 2},
	{SYS_fremovexattr, "fremovexattr", W, CHANGING, 2},
	{SYS_truncate, "truncate", W, CHANGING, 1},
	{SYS_ftruncate, "ftruncate", W, CHANGING},
	{SYS_utimensat, "utimensat", W, CHANGING, 2},
	{SYS_futimesat, "futimesat", W, CHANGING, 2},
	{SYS_mount, "mount", W, CHANGING, 1, 2},
	{SYS_umount2, "umount", W, CHANGING, 1},
	{SYS_ioctl, "ioctl", BY_FLAGS, LOOKING | FAIL_PERM | FAIL_INTR},

	{SYS_read, "read", R, READING, .bytes = true},
	{SYS_pread64, "pread", R, READING, .bytes = true},
	{SYS_close, "close", R, CLOSING},
	{SYS_mmap, "mmap", R, MAPPING},
	{SYS_fstat, "fstat", R, LOOKING},
	{SYS_newfstatat, "newfstatat", R, LOOKING, 2},
	{SYS_statx, "statx", R, LOOKING, 2},
	{SYS_fstatfs, "fstatfs", R, LOOKING},
	{SYS_lseek, "lseek", R, FAIL_IO},
	{SYS_getdents64, "getdents", R, READING},
	{SYS_readlink, "readlink", R, LOOKING, 1},
	{SYS_readlinkat, "readlinkat", R, LOOKING, 2},
	{SYS_getxattr, "getxattr", R, LOOKING | FAIL_PERM, 1, 2},
	{SYS_listxattr, "listxattr", R, LOOKING | FAIL_PERM, 1},
	{SYS_flock, "flock", R, READING},
	{SYS_fcntl, "fcntl", R, FAIL_MFILE | FAIL_NOMEM | FAIL_INTR},

	{SYS_socket, "socket", R, FAIL_MFILE | FAIL_NOMEM | FAIL_ACCES | FAIL_PERM},
	{SYS_connect, "connect", R, LOOKING | FAIL_PERM | FAIL_INTR | FAIL_CONNREFUSED},
	{SYS_sendto, "send", R, TALKING | FAIL_PERM | FAIL_PIPE, .bytes = true},
	{SYS_sendmsg, "sendmsg", R, TALKING | FAIL_PERM | FAIL_PIPE},
	{SYS_recvfrom, "recv", R, TALKING, .bytes = true},
	{SYS_recvmsg, "recvmsg", R, TALKING},
	{SYS_poll, "poll", R, FAIL_NOMEM | FAIL_INTR},
};

const struct syscall_row *syscall_rows(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(rows);
	return rows;
}

static unsigned long long argument(const struct user_regs_struct *regs, int n)
{
	const unsigned long long all[] = {regs->rdi, regs->rsi, regs->rdx,
					  regs->r10, regs->r8,  regs->r9};

	return all[n - 1];
}

static size_t peek(pid_t pid, unsigned long long at, void *to, size_t n)
{
	struct iovec here = {to, n}, there = {(void *)(uintptr_t)at, n};
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return got < 0 ? 0 : (size_t)got;
}

/* The last bytes of a path: its end tells more than its beginning. */
static void add_path(struct trace_call *call, pid_t pid, unsigned long long at)
{
	char path[256] = "";
	size_t n, used = strlen(call->text);

	/* up to the end of the page, in case the next one is not there */
	n = 4096 - at % 4096;
	peek(pid, at, path, n < sizeof(path) - 1 ? n : sizeof(path) - 1);
	n = strlen(path);
	snprintf(call->text + used, sizeof(call->text) - used, " '%s'",
		 n > 40 ? path + n - 40 : path);
}

static unsigned class_by_flags(pid_t pid, const struct user_regs_struct *regs)
{
	struct open_how how = {0};
	unsigned long long flags;

	switch (regs->orig_rax) {
	case SYS_ioctl:
		return regs->rsi == FS_IOC_SETFLAGS ? W : R;
	case SYS_open:
		flags = regs->rsi;
		break;
	case SYS_openat:
		flags = regs->rdx;
		break;
	default:
		peek(pid, regs->rdx, &how, sizeof(how));
		flags = how.flags;
	}
	return flags & WRITE_FLAGS || (flags & O_TMPFILE) == O_TMPFILE ? W : R;
}

static const struct syscall_row *find_row(long number)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

bool syscall_classify(pid_t pid, const struct user_regs_struct *regs, struct trace_call *ret)
{
	const struct syscall_row *row = find_row((long)regs->orig_rax);

	if (!row)
		return false;
	*ret = (struct trace_call){.number = row->number, .class = row->class};
	if (row->class == BY_FLAGS)
		ret->class = class_by_flags(pid, regs);
	ret->errors = ret->class == W ? CHANGING : row->errors;
	if (row->bytes)
		ret->bytes = regs->rdx;
	return true;
}

void syscall_describe(pid_t pid, const struct user_regs_struct *regs, struct trace_call *ret)
{
	const struct syscall_row *row = find_row((long)regs->orig_rax);

	snprintf(ret->text, sizeof(ret->text), "%s", row->name);
	if (row->path)
		add_path(ret, pid, argument(regs, row->path));
	if (row->path2)
		add_path(ret, pid, argument(regs, row->path2));
}
