#include "engine/host/write/sysctl-write.h"

#include "engine/host/read/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"

/* The kernel parses each write by itself, so the value must go in whole. */
static int write_once(int fd, const char *line)
{
	size_t len = strlen(line);
	ssize_t n;

	do
		n = write(fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int sysctl_write(const char *name, const char *value, struct error *err)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(freep) char *line = xasprintf("%s\n", value);
	CLEANUP(close_fd) int fd = -1;
	int r;

	r = sysctl_path(name, &path, err);
	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : write_once(fd, line);
	if (r < 0)
		return error_errno_at(err, r, path, "cannot set the kernel setting '%s'", name);
	return 0;
}
