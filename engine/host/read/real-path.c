#include "engine/host/read/real-path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/fd-path.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/root.h"

int real_path(const char *path, char **ret, struct stat *ret_stat, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 || (ret_stat && fstat(fd, ret_stat) < 0))
		return error_errno_at(err, -errno, path, "cannot look at '%s'", path);
	return proc_link(fd_path(fd).text, ret, err);
}

char *real_path_of_any(const char *path)
{
	CLEANUP(freep) char *directory = xstrdup(path), *real = NULL;

	while (real_path(directory, &real, NULL, NULL) < 0)
		if (!path_up(directory))
			return xstrdup(path);
	path = path_behind(path, directory);
	return path_join(real, *path == '/' ? path + 1 : path);
}
