#include "engine/host/read/proc.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/host/read/root.h"

#define STAT_STARTTIME 22 /* field number in /proc/PID/stat, proc(5) */

int proc_read_within(const char *path, size_t most, struct buf *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	if (fd < 0)
		return error_errno_at(err, -errno, path, "cannot open '%s'", path);
	r = fd_read_all(fd, most, ret);
	return r < 0 ? error_errno_at(err, r, path, "cannot read '%s'", path) : 0;
}

int proc_read(const char *path, struct buf *ret, struct error *err)
{
	return proc_read_within(path, SIZE_MAX, ret, err);
}

static int read_of(pid_t pid, const char *name, struct buf *ret, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/%s", (int)pid, name);

	return proc_read(path, ret, err);
}

static int strings_of(pid_t pid, const char *name, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	int r = read_of(pid, name, &bytes, err);

	if (r < 0)
		return r;
	for (size_t at = 0; at < bytes.len; at += strlen(bytes.data + at) + 1)
		strv_add(ret, bytes.data + at);
	return 0;
}

int proc_cmdline(pid_t pid, struct strv *ret, struct error *err)
{
	return strings_of(pid, "cmdline", ret, err);
}

int proc_environment(pid_t pid, struct strv *ret, struct error *err)
{
	return strings_of(pid, "environ", ret, err);
}

int proc_link(const char *path, char **ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf target = {0};
	ssize_t n;

	for (size_t size = 256;; size *= 2) {
		buf_reserve(&target, size);
		n = readlink(path, target.data, size);
		if (n < 0)
			return error_errno_at(err, -errno, path, "cannot read '%s'", path);
		if ((size_t)n < size)
			break;
	}
	*ret = xstrndup(target.data, (size_t)n);
	return 0;
}

int proc_descriptor(pid_t pid, const char *fd, char **ret_path, struct stat *ret, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/fd/%s", (int)pid, fd);

	if (stat(path, ret) < 0)
		return error_errno_at(err, -errno, path, "cannot look at '%s'", path);
	return proc_link(path, ret_path, err);
}

int proc_exe(pid_t pid, char **ret, struct stat *ret_st, struct error *err)
{
	CLEANUP(freep) char *link = xasprintf("/proc/%d/exe", (int)pid);

	if (ret_st && stat(link, ret_st) < 0)
		return error_errno(err, -errno, "cannot look at '%s'", link);
	return proc_link(link, ret, err);
}

bool proc_runs_this_program(pid_t pid)
{
	CLEANUP(freep) char *link = xasprintf("/proc/%d/exe", (int)pid);
	struct stat ours, its;

	return stat("/proc/self/exe", &ours) == 0 && stat(link, &its) == 0 &&
	       ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
}

int proc_start_ticks(pid_t pid, uint64_t *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	int r = read_of(pid, "stat", &bytes, err);
	const char *p;

	if (r < 0)
		return r;
	/* The name in parentheses may hold anything, also parentheses: it ends at the last one. */
	p = strrchr(buf_str(&bytes), ')');
	for (int field = 2; p && field < STAT_STARTTIME; field++)
		p = strchr(p + 1, ' ');
	if (!p)
		return error_set(err, -EINVAL, "cannot understand '/proc/%d/stat'", (int)pid);
	*ret = strtoull(p + 1, NULL, 10);
	return 0;
}

int proc_start_usec(pid_t pid, uint64_t *ret, struct error *err)
{
	uint64_t ticks;
	int r = proc_start_ticks(pid, &ticks, err);

	if (r >= 0)
		*ret = ticks * (1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
	return r;
}

char *proc_status_field(const struct buf *status, const char *name)
{
	for (const char *line = buf_str(status); line && *line;) {
		const char *value = skip_key(line, name, ':');

		if (value) {
			value += strspn(value, " \t");
			return xstrndup(value, strcspn(value, "\n"));
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

bool proc_is_in_container(const struct buf *status)
{
	CLEANUP(freep) char *numbers = proc_status_field(status, "NSpid");

	return numbers && numbers[strcspn(numbers, " \t")];
}

/* 64 digits, perhaps between a runtime's name and ".scope" */
static bool is_container_group(const char *name)
{
	static const char digits[] = "0123456789abcdef";
	const char *id = strrchr(name, '-');

	id = id ? id + 1 : name;
	return strspn(id, digits) == 64 && (!id[64] || strcmp(id + 64, ".scope") == 0);
}

bool proc_has_container_group(const struct buf *groups)
{
	CLEANUP(strv_clear) struct strv parts = {0};

	strv_split(&parts, buf_str(groups), "/\n");
	for (size_t i = 0; i < parts.count; i++)
		if (is_container_group(parts.items[i]))
			return true;
	return false;
}

/* "0::/system.slice/docker-ci.service" */
char *proc_unit(pid_t pid)
{
	CLEANUP(buf_clear) struct buf groups = {0};
	CLEANUP(strv_clear) struct strv parts = {0};
	const char *unit = NULL;

	if (read_of(pid, "cgroup", &groups, NULL) < 0)
		return NULL;
	strv_split(&parts, buf_str(&groups), "/\n");
	for (size_t i = 0; i < parts.count; i++) {
		const char *dot = strrchr(parts.items[i], '.');

		if (dot && (strcmp(dot, ".service") == 0 || strcmp(dot, ".scope") == 0))
			unit = parts.items[i];
	}
	return xstrdup_null(unit);
}

int proc_directory(pid_t pid, char **ret, struct error *err)
{
	CLEANUP(freep) char *link = xasprintf("/proc/%d/cwd", (int)pid);

	return proc_link(link, ret, err);
}

int proc_stat_inside(pid_t pid, const char *path, struct stat *ret, struct error *err)
{
	CLEANUP(freep) char *top = xasprintf("/proc/%d/root", (int)pid);
	CLEANUP(root_close) struct root root = {.fd = -1};
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r = root_open(&root, top, err);

	if (r >= 0)
		r = root_look(&root, path, &walk, err);
	if (r >= 0 && walk.fd < 0)
		r = error_set_at(err, -ENOENT, path, "'%s' is not there for process %d", path,
				 (int)pid);
	if (r >= 0 && fstat(walk.fd, ret) < 0)
		r = error_errno_at(err, -errno, path, "cannot look at '%s' of process %d", path,
				   (int)pid);
	return r < 0 ? r : 0;
}

/* What is not there gives nothing, and so does a process that has ended; anything else is not known. */
static int looked(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP || code == ESRCH ||
			       code == ENODATA || code == EOPNOTSUPP
		       ? 0
		       : -code;
}

/* linux/capability.h: the version in the upper byte, then pairs of permitted and inheritable. */
static int read_capabilities(const char *path, uint64_t *ret)
{
	struct vfs_ns_cap_data data = {0};
	ssize_t n = getxattr(path, "security.capability", &data, sizeof(data));

	if (n < 0)
		return looked(errno);
	for (size_t i = 0; i < ARRAY_SIZE(data.data); i++)
		*ret |= (uint64_t)(le32toh(data.data[i].permitted) |
				   le32toh(data.data[i].inheritable))
			<< 32 * i;
	return 0;
}

int proc_file_rights(const char *path, bool follow, struct file_rights *ret, struct error *err)
{
	struct stat st;
	int r = (follow ? stat : lstat)(path, &st) < 0 ? looked(errno) : 1;

	*ret = (struct file_rights){0};
	if (r == 1 && S_ISREG(st.st_mode) && (st.st_mode & 0111)) {
		ret->setuid = st.st_mode & S_ISUID;
		r = read_capabilities(path, &ret->caps);
	}
	return r < 0 ? error_errno_at(err, r, path, "cannot look at '%s'", path) : 0;
}
