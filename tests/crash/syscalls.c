#include "tests/crash/syscalls.h"

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

static const struct syscall_row rows[] = {
	{SYS_open, "open", BY_FLAGS, 1},
	{SYS_openat, "openat", BY_FLAGS, 2},
	{SYS_openat2, "openat2", BY_FLAGS, 2},
	{SYS_creat, "creat", W, 1},
	{SYS_write, "write", W, .writes = true},
	{SYS_pwrite64, "pwrite", W, .writes = true},
	{SYS_writev, "writev", W},
	{SYS_pwritev, "pwritev", W},
	{SYS_sendfile, "sendfile", W},
	{SYS_copy_file_range, "copy_file_range", W},
	{SYS_fallocate, "fallocate", W},
	{SYS_fsync, "fsync", W},
	{SYS_fdatasync, "fdatasync", W},
	{SYS_syncfs, "syncfs", W},
	{SYS_sync, "sync", W},
	{SYS_sync_file_range, "sync_file_range", W},
	{SYS_rename, "rename", W, 1, 2},
	{SYS_renameat, "renameat", W, 2, 4},
	{SYS_renameat2, "renameat2", W, 2, 4},
	{SYS_unlink, "unlink", W, 1},
	{SYS_unlinkat, "unlinkat", W, 2},
	{SYS_rmdir, "rmdir", W, 1},
	{SYS_mkdir, "mkdir", W, 1},
	{SYS_mkdirat, "mkdirat", W, 2},
	{SYS_mknodat, "mknodat", W, 2},
	{SYS_link, "link", W, 1, 2},
	{SYS_linkat, "linkat", W, 2, 4},
	{SYS_symlink, "symlink", W, 1, 2},
	{SYS_symlinkat, "symlinkat", W, 1, 3},
	{SYS_chmod, "chmod", W, 1},
	{SYS_fchmod, "fchmod", W},
	{SYS_fchmodat, "fchmodat", W, 2},
	{SYS_chown, "chown", W, 1},
	{SYS_fchown, "fchown", W},
	{SYS_lchown, "lchown", W, 1},
	{SYS_fchownat, "fchownat", W, 2},
	{SYS_setxattr, "setxattr", W, 1, 2},
	{SYS_lsetxattr, "lsetxattr", W, 1, 2},
	{SYS_fsetxattr, "fsetxattr", W, 2},
	{SYS_removexattr, "removexattr", W, 1, 2},
	{SYS_lremovexattr, "lremovexattr", W, 1, 2},
	{SYS_fremovexattr, "fremovexattr", W, 2},
	{SYS_truncate, "truncate", W, 1},
	{SYS_ftruncate, "ftruncate", W},
	{SYS_utimensat, "utimensat", W, 2},
	{SYS_futimesat, "futimesat", W, 2},
	{SYS_mount, "mount", W, 1, 2},
	{SYS_umount2, "umount", W, 1},
	{SYS_ioctl, "ioctl", BY_FLAGS},

	{SYS_read, "read", R},
	{SYS_pread64, "pread", R},
	{SYS_close, "close", R},
	{SYS_mmap, "mmap", R},
	{SYS_fstat, "fstat", R},
	{SYS_newfstatat, "newfstatat", R, 2},
	{SYS_statx, "statx", R, 2},
	{SYS_fstatfs, "fstatfs", R},
	{SYS_lseek, "lseek", R},
	{SYS_getdents64, "getdents", R},
	{SYS_readlink, "readlink", R, 1},
	{SYS_readlinkat, "readlinkat", R, 2},
	{SYS_getxattr, "getxattr", R, 1, 2},
	{SYS_listxattr, "listxattr", R, 1},
	{SYS_flock, "flock", R},
	{SYS_fcntl, "fcntl", R},
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

bool syscall_describe(pid_t pid, const struct user_regs_struct *regs, struct trace_call *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct syscall_row *row = &rows[i];

		if (row->number != (long)regs->orig_rax)
			continue;
		*ret = (struct trace_call){.number = row->number, .class = row->class};
		if (row->class == BY_FLAGS)
			ret->class = class_by_flags(pid, regs);
		if (row->writes)
			ret->bytes = regs->rdx;
		snprintf(ret->text, sizeof(ret->text), "%s", row->name);
		if (row->path)
			add_path(ret, pid, argument(regs, row->path));
		if (row->path2)
			add_path(ret, pid, argument(regs, row->path2));
		return true;
	}
	return false;
}
