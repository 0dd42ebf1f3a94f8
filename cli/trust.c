#include "cli/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/host/read/root.h"

/* Who called sudo; root when nobody did, or when the variable is no number. */
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
		return error_set(err, -EPERM,
				 "'%s' belongs to user %u, who could change it; 'chown root %s'",
				 path, owner, path);
	if (mode & (S_IWGRP | S_IWOTH))
		return error_set(err, -EPERM,
				 "'%s' has mode %04o: others could change it; 'chmod go-w %s'",
				 path, mode & 07777, path);
	return 0;
}

int trusted_node(const char *path, const struct node *node, struct error *err)
{
	if (node->kind == NODE_UNKNOWN)
		return error_errno(err, node->error, "cannot look at '%s'", path);
	if (node->kind != NODE_FILE && node->kind != NODE_DIR)
		return error_set(err, -EINVAL, "'%s' is neither a file nor a directory", path);
	return check_owner(path, node->uid, node->mode, 0, err);
}

static int check_trust(const char *path, const struct stat *st, struct error *err)
{
	if (!S_ISREG(st->st_mode))
		return error_set(err, -EINVAL, "'%s' is not a regular file", path);
	return check_owner(path, st->st_uid, st->st_mode, sudo_uid(), err);
}

static int read_all(int fd, const char *path, size_t limit, struct buf *ret, struct error *err)
{
	char block[16384];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, -errno, "cannot read '%s'", path);
		if (ret->len + (size_t)n > limit)
			return error_set(err, -EFBIG, "'%s' is larger than %zu bytes", path, limit);
		buf_append(ret, block, (size_t)n);
	}
	return 0;
}

int trusted_read(const char *path, size_t limit, struct buf *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, -errno, "cannot open '%s'", path);
	r = check_trust(path, &st, err);
	return r < 0 ? r : read_all(fd, path, limit, ret, err);
}
