#include "engine/host/read/fd-path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"

#define LINK_GUESS 256

struct fd_path fd_path(int fd)
{
	struct fd_path p;

	snprintf(p.text, sizeof(p.text), "/proc/self/fd/%d", fd);
	return p;
}

int fd_reopen(int fd, int flags)
{
	struct fd_path p = fd_path(fd);
	int opened;

	do
		opened = open(p.text, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	while (opened < 0 && errno == EINTR);
	return opened < 0 ? -errno : opened;
}

int fd_reopen_quietly(int fd, int flags)
{
	int opened = fd_reopen(fd, flags | O_RDONLY | O_NOATIME);

	/* only the owner may ask for that; some network file systems let nobody */
	if (opened == -EPERM)
		opened = fd_reopen(fd, flags | O_RDONLY);
	return opened;
}

/* readlinkat() into a string that is long enough. */
static char *read_link(int dir, const char *path)
{
	size_t size = LINK_GUESS;

	for (;;) {
		CLEANUP(freep) char *target = xcalloc(1, size);
		ssize_t n = readlinkat(dir, path, target, size);

		if (n < 0)
			return NULL;
		if ((size_t)n < size)
			return TAKE_PTR(target);
		size *= 2;
	}
}

char *fd_readlink(int fd)
{
	return read_link(fd, "");
}

char *fd_name(int fd, const char *name)
{
	struct fd_path p = fd_path(fd);
	int saved = errno;
	CLEANUP(freep) char *base = read_link(AT_FDCWD, p.text);
	char *text;

	if (!base)
		base = xasprintf("descriptor %d", fd);
	if (!name)
		text = TAKE_PTR(base);
	else
		text = path_join(base, name);
	errno = saved;
	return text;
}
