#include "rollback/lock-holder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/strv.h"
#include "engine/format/mount-table.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/root.h"

#define LOCKS_FILE "/proc/locks"
#define MOUNTS_FILE "/proc/self/mountinfo"
#define LOCKS_MAX (8U << 20)

/* What the kernel calls the file. */
struct lock_file {
	ino_t ino;
	dev_t device; /* of its file system, which is not what stat() says of btrfs; 0: not known, any may be it */
};

static struct lock_file name_of(const struct statx *sx)
{
	CLEANUP(mount_table_clear) struct mount_table mounts = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct lock_file ret = {.ino = sx->stx_ino};

	if (!(sx->stx_mask & STATX_MNT_ID) || proc_read(MOUNTS_FILE, &text, NULL) < 0)
		return ret;
	mount_table_parse(&mounts, buf_str(&text));
	for (size_t i = 0; i < mounts.count; i++)
		if ((uint64_t)mounts.items[i].id == sx->stx_mnt_id)
			ret.device = makedev(mounts.items[i].major, mounts.items[i].minor);
	return ret;
}

/* "1: FLOCK  ADVISORY  WRITE 1234 fd:01:5678 0 EOF": fd:01 is the file system, 5678 the inode, 1234 the process. */
static bool is_lock_of(const char *line, const struct lock_file *file, pid_t *ret_pid)
{
	unsigned major = 0, minor = 0;
	uint64_t inode = 0;
	int pid = 0;

	if (sscanf(line, "%*u: FLOCK %*s WRITE %d %x:%x:%" SCNu64, &pid, &major, &minor, &inode) !=
		    4 ||
	    inode != file->ino || (file->device && makedev(major, minor) != file->device))
		return false;
	*ret_pid = pid > 0 ? pid : 0;
	return true;
}

/* One that is traced is its debugger's. */
static bool is_stopped(pid_t pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/status", pid), *state = NULL;
	CLEANUP(buf_clear) struct buf status = {0};

	if (proc_read(path, &status, NULL) < 0)
		return false;
	state = proc_status_field(&status, "State");
	return state && state[0] == 'T';
}

struct lock_holder lock_holder_find(int directory, const char *name)
{
	struct lock_holder found = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(close_fd) int fd = open(LOCKS_FILE, O_RDONLY | O_CLOEXEC);
	struct lock_file file;
	struct statx sx;

	if (directory < 0 ||
	    statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_MNT_ID, &sx) < 0 ||
	    fd < 0 || fd_read_all(fd, LOCKS_MAX, &text) < 0)
		return found;
	file = name_of(&sx);
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count && !found.held; i++)
		found.held = is_lock_of(lines.items[i], &file, &found.pid);
	found.stopped = found.pid > 0 && is_stopped(found.pid);
	return found;
}

char *lock_holder_text(const struct lock_holder *h)
{
	if (h->pid <= 0)
		return xstrdup("another run of harden holds the lock");
	if (h->stopped)
		return xasprintf("another run of harden (process %d) holds the lock, and is "
				 "stopped: 'kill -CONT %d' has it go on",
				 h->pid, h->pid);
	return xasprintf("another run of harden (process %d) holds the lock", h->pid);
}

struct search {
	pid_t pid;
	struct stat lock;
	bool found;
};

static void on_descriptor(void *data, const char *fd, const char *target)
{
	struct search *s = data;
	CLEANUP(freep) char *path = NULL;
	struct stat st;

	(void)target;
	if (!s->found && proc_descriptor(s->pid, fd, &path, &st, NULL) >= 0)
		s->found = st.st_dev == s->lock.st_dev && st.st_ino == s->lock.st_ino;
}

/* The kernel names who took the lock, and not who has it since: that one may be gone, and its number another's. */
int lock_holder_continue(int directory, const char *name, const struct lock_holder *h)
{
	struct search search = {.pid = h->pid};
	CLEANUP(close_fd) int process = h->pid > 0 && h->stopped ? pidfd_open(h->pid, 0) : -1;

	if (process < 0 || fstatat(directory, name, &search.lock, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (proc_each_descriptor(h->pid, on_descriptor, &search, NULL) < 0 || !search.found ||
	    !is_stopped(h->pid))
		return 0;
	return pidfd_send_signal(process, SIGCONT, NULL, 0) < 0 ? -errno : 1;
}
