#include "engine/base/fd-io.h"

#include <errno.h>
#include <unistd.h>

#define CHUNK 16384

int fd_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO; /* no errno to go by, and no progress */
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int fd_write_all_at(int fd, const void *bytes, size_t n, off_t at)
{
	const char *p = bytes;

	while (n) {
		ssize_t done = pwrite(fd, p, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		p += done;
		n -= (size_t)done;
		at += done;
	}
	return 0;
}

int fd_read_all(int fd, size_t limit, struct buf *ret)
{
	size_t had = ret->len;

	for (;;) {
		ssize_t n;

		if (ret->size < ret->len + FD_READ_LEAST)
			buf_reserve(ret, CHUNK);
		n = read(fd, ret->data + ret->len, ret->size - ret->len - 1);
		ret->len += n > 0 ? (size_t)n : 0;
		ret->data[ret->len] = '\0'; /* of an empty file, too */
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (ret->len - had > limit)
			return -EFBIG;
	}
}
