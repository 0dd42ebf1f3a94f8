#include "engine/host/read/real-path.h"

#include <errno.h>
#include <fcntl.h>

#include "engine/host/read/fd-path.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/root.h"

int real_path(const char *path, char **ret, struct stat *ret_stat, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 || (ret_stat && fstat(fd, ret_stat) < 0))
		return error_errno(err, -errno, "cannot look at '%s'", path);
	return proc_link(fd_path(fd).text, ret, err);
}
