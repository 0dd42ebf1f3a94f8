#include "tests/power/recorder.h"

#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define MARK 100 /* as a disk's number */

/* The recorder's process has one of it. */
static struct {
	unsigned char *disks[MAX_DISKS];
	size_t sizes[MAX_DISKS];
	size_t count;
	int log;
	struct recorder_order order;
	bool begun;
	size_t seen; /* of what shall fail */
} self;

/* The number of the file, -1 when there is none. */
static int file_of(const char *path)
{
	if (strcmp(path, "/mark") == 0)
		return MARK;
	if (starts_with(path, "/disk") && path[5] >= '0' && !path[6] &&
	    (size_t)(path[5] - '0') < self.count)
		return path[5] - '0';
	return -1;
}

static void note(enum log_kind kind, int disk, uint64_t offset, const void *bytes, size_t length)
{
	struct log_head head = {kind, (uint32_t)disk, offset, length};
	struct iovec parts[2] = {{&head, sizeof(head)}, {(void *)(uintptr_t)bytes, length}};

	if (writev(self.log, parts, 2) != (ssize_t)(sizeof(head) + length))
		abort(); /* a log with holes would prove nothing */
}

static bool shall_fail(enum log_kind what)
{
	if (!self.begun || self.order.what != what)
		return false;
	self.seen++;
	return self.seen == self.order.at || (self.order.sticky && self.seen > self.order.at);
}

static int on_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
	int file = file_of(path);

	memset(st, 0, sizeof(*st));
	st->st_mode = strcmp(path, "/") == 0 ? S_IFDIR | 0700 : S_IFREG | 0600;
	st->st_nlink = 1;
	if (file >= 0 && file != MARK)
		st->st_size = (off_t)self.sizes[file];
	return file >= 0 || S_ISDIR(st->st_mode) ? 0 : -ENOENT;
}

static int on_open(const char *path, struct fuse_file_info *info)
{
	int file = file_of(path);

	info->fh = (uint64_t)file;
	info->direct_io =
		1; /* one request a write: of a short one loop devices say that it went well */
	return file < 0 ? -ENOENT : 0;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *info)
{
	return file_of(path) == MARK ? 0 : -EPERM;
}

static int on_read(const char *path, char *buf, size_t n, off_t at, struct fuse_file_info *info)
{
	if (info->fh == MARK || (size_t)at >= self.sizes[info->fh])
		return 0;
	if (n > self.sizes[info->fh] - (size_t)at)
		n = self.sizes[info->fh] - (size_t)at;
	memcpy(buf, self.disks[info->fh] + at, n);
	return (int)n;
}

static int on_write(const char *path, const char *buf, size_t n, off_t at,
		    struct fuse_file_info *info)
{
	if (info->fh == MARK) {
		self.begun = self.begun || (n >= 5 && memcmp(buf, "BEGIN", 5) == 0);
		note(LOG_MARK, 0, 0, buf, n);
		return (int)n;
	}
	if (shall_fail(LOG_WRITE))
		return -EIO;
	if ((size_t)at + n > self.sizes[info->fh])
		return -ENOSPC;
	note(LOG_WRITE, (int)info->fh, (uint64_t)at, buf, n);
	memcpy(self.disks[info->fh] + at, buf, n);
	return (int)n;
}

static int on_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
	if (info->fh == MARK)
		return 0;
	if (shall_fail(LOG_FLUSH))
		return -EIO;
	note(LOG_FLUSH, (int)info->fh, 0, NULL, 0);
	return 0;
}

static const struct fuse_operations operations = {
	.getattr = on_getattr,
	.open = on_open,
	.truncate = on_truncate,
	.read = on_read,
	.write = on_write,
	.fsync = on_fsync,
};

/* A copy that only this process has. */
static int load_disk(const char *base)
{
	int fd = open(base, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
		   fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -errno;
	self.sizes[self.count] = (size_t)st.st_size;
	self.disks[self.count++] = map;
	return 0;
}

static int serve(const char *directory)
{
	char *argv[] = {(char[]){"recorder"}, (char[]){"-osubtype=recorder"}, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(2, argv);
	struct fuse *fuse = fuse_new(&args, &operations, sizeof(operations), NULL);

	if (!fuse || fuse_mount(fuse, directory) != 0)
		return 1;
	return fuse_loop(fuse) ? 1 : 0;
}

static void record(const char *directory, char *const *bases, size_t count, const char *log,
		   struct recorder_order order)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self.order = order;
	self.log = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (self.log < 0)
		_exit(1);
	for (size_t i = 0; i < count; i++)
		if (load_disk(bases[i]) < 0)
			_exit(1);
	_exit(serve(directory));
}

/* It is there when its first disk is. */
static int wait_for(pid_t recorder, const char *directory)
{
	CLEANUP(freep) char *disk = xasprintf("%s/disk0", directory);

	for (int i = 0; i < 5000; i++) {
		int status;

		if (access(disk, F_OK) == 0)
			return 0;
		if (waitpid(recorder, &status, WNOHANG) == recorder)
			return -ENODEV;
		usleep(1000);
	}
	return -ETIMEDOUT;
}

pid_t recorder_start(const char *directory, char *const *bases, size_t count, const char *log,
		     struct recorder_order order)
{
	pid_t pid = fork();
	int r;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		record(directory, bases, count, log, order);
	r = wait_for(pid, directory);
	if (r < 0 && r != -ENODEV)
		recorder_stop(pid, directory);
	return r < 0 ? r : pid;
}

void recorder_stop(pid_t recorder, const char *directory)
{
	int status;

	if (umount2(directory, 0) < 0)
		umount2(directory, MNT_DETACH);
	for (int i = 0; i < 1000; i++) {
		if (waitpid(recorder, &status, WNOHANG) == recorder)
			return;
		usleep(1000);
	}
	kill(recorder, SIGKILL);
	waitpid(recorder, &status, 0);
}
