#include "engine/host/real-path.h"

#include <errno.h>
#include <fcntl.h>

#include "engine/host/fd-path.h"
#include "engine/host/root.h"

int real_path(const char *path, char **ret, struct stat *ret_stat, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_PATH | O_CLOEXEC);
	char *real;

	if (fd < 0)
		return error_errno(err, -errno, "cannot look at '%s'", path);
	if (ret_stat && fstat(fd, ret_stat) < 0)
		return error_errno(err, -errno, "cannot look at '%s'", path);
	real = fd_readlink(fd);
	if (!real)
		return error_errno(err, -errno, "cannot find out the name of '%s'", path);
	*ret = real;
	return 0;
}
