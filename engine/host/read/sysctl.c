#include "engine/host/read/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"
#include "engine/host/read/elsewhere.h"
#include "engine/host/read/root.h"

#define MAX_VALUE (1U << 20)
#define NETWORK "/proc/sys/net/" /* each network namespace has its own */

int sysctl_path(const char *name, char **ret_path, struct error *err)
{
	CLEANUP(freep) char *path = xstrdup(name);
	bool dotted = path[strcspn(path, "./")] == '.';

	for (char *c = path; *c && dotted; c++)
		if (*c == '.' || *c == '/')
			*c = *c == '.' ? '/' : '.';
	for (const char *part = path;; part++) {
		size_t n = strcspn(part, "/");

		if (n == 0 || (n <= 2 && strncmp(part, "..", n) == 0))
			return error_set(err, -EINVAL, "'%s' is not a kernel setting", name);
		part += n;
		if (!*part)
			break;
	}
	*ret_path = xasprintf("/proc/sys/%s", path);
	return 0;
}

int sysctl_read(const char *name, char **ret_value, struct error *err)
{
	CLEANUP(buf_clear) struct buf value = {0};
	CLEANUP(freep) char *path = NULL;
	CLEANUP(close_fd) int fd = -1;
	int r;

	r = sysctl_path(name, &path, err);
	if (r < 0)
		return r;
	if (starts_with(path, NETWORK) && elsewhere()->network)
		return error_set_at(err, -EREMOTE, path,
				    "the kernel setting '%s' is the network's, and %s", name,
				    elsewhere()->network);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : fd_read_all(fd, MAX_VALUE, &value);
	if (r < 0)
		return error_errno_at(err, r, path, "cannot read the kernel setting '%s'", name);
	if (value.len && value.data[value.len - 1] == '\n')
		value.len--;
	*ret_value = buf_take(&value);
	return 0;
}

bool sysctl_same(const char *a, const char *b)
{
	CLEANUP(strv_clear) struct strv x = {0}, y = {0};

	strv_split(&x, a, " \t\n");
	strv_split(&y, b, " \t\n");
	return strv_equal(&x, &y);
}
