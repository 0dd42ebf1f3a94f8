#include "cli/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/root.h"

int save_check(const char *path, bool replace, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_errno(err, -errno, "cannot write '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EEXIST, "'%s' is there and no regular file", path);
	if (!replace)
		return error_set(err, -EEXIST, "'%s' is there already; --force replaces it", path);
	return 0;
}

static int write_all(int fd, const struct buf *text)
{
	for (size_t at = 0; at < text->len;) {
		ssize_t n = write(fd, text->data + at, text->len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int write_beside(const char *temp, const struct buf *text)
{
	CLEANUP(close_fd)
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : write_all(fd, text);
}

/* Without `replace` the name must be free at this very moment. */
static int give_name(const char *temp, const char *path, bool replace)
{
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL || replace) /* EINVAL: the file system has no such rename */
		return -errno;
	if (link(temp, path) < 0)
		return -errno;
	return unlink(temp) < 0 ? -errno : 0;
}

int save_file(const char *path, const struct buf *text, bool replace, struct error *err)
{
	CLEANUP(freep) char *temp = xasprintf("%s.harden-%d", path, (int)getpid());
	int r = write_beside(temp, text);

	if (r == 0)
		r = give_name(temp, path, replace);
	if (r == 0)
		return 0;
	if (r != -EEXIST || access(path, F_OK) == 0)
		unlink(temp);
	return error_errno(err, r, "cannot write '%s'", path);
}
