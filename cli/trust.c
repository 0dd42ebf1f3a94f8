#include "cli/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/fd-io.h"
#include "engine/host/read/root.h"

/* Who called sudo; root when nobody did, or when the variable is not a number. */
static uid_t sudo_uid(void)
{
	const char *text = getenv("SUDO_UID");
	unsigned long uid;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	uid = strtoul(text, &end, 10);
	return errno || *end || uid >= UINT_MAX ? 0 : (uid_t)uid;
}

/* As root: it belongs to root or to `also`, and only its owner can write it. */
static int check_owner(const char *path, uid_t owner, mode_t mode, uid_t also, struct error *err)
{
	if (geteuid() != 0)
		return 0;
	if (owner != 0 && owner != also)
		return error_set_at(err, -EPERM, path,
				    "'%s' belongs to user %u, who could change it; 'chown root %s'",
				    path, owner, path);
	if (mode & (S_IWGRP | S_IWOTH))
		return error_set_at(err, -EPERM, path,
				    "'%s' has mode %04o: others could change it; 'chmod go-w %s'",
				    path, mode & 07777, path);
	return 0;
}

int trusted_node(const char *path, const struct node *node, struct error *err)
{
	if (node->kind == NODE_UNKNOWN)
		return error_errno_at(err, node->error, path, "cannot look at '%s'", path);
	if (node->kind != NODE_FILE && node->kind != NODE_DIR)
		return error_set_at(err, -EINVAL, path, "'%s' is neither a file nor a directory",
				    path);
	return check_owner(path, node->uid, node->mode, 0, err);
}

static int check_trust(const char *path, const struct stat *st, struct error *err)
{
	if (!S_ISREG(st->st_mode))
		return error_set_at(err, -EINVAL, path, "'%s' is not a regular file", path);
	return check_owner(path, st->st_uid, st->st_mode, sudo_uid(), err);
}

static int read_all(int fd, const char *path, size_t limit, struct buf *ret, struct error *err)
{
	int r = fd_read_all(fd, limit, ret);

	if (r == -EFBIG)
		error_set(err, r, "'%s' is larger than %zu bytes", path, limit);
	else if (r < 0)
		error_errno(err, r, "cannot read '%s'", path);
	return r < 0 ? error_about(err, r, path) : 0;
}

int trusted_read(const char *path, size_t limit, struct buf *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno_at(err, -errno, path, "cannot open '%s'", path);
	r = check_trust(path, &st, err);
	return r < 0 ? r : read_all(fd, path, limit, ret, err);
}
