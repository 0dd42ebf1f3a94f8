#pragma once

/*
 * What is behind a descriptor, for the calls that take no O_PATH descriptor: /proc/self/fd/N
 * leads the kernel straight to the inode that is open, without walking a path again. But for
 * fd_name(), private to engine/host.
 */

#include <stddef.h>
#include <sys/types.h>

struct fd_path {
	char text[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
};

struct fd_path fd_path(int fd);

/* Opens what is behind fd anew, with O_CLOEXEC, O_NOCTTY and O_NONBLOCK; -errno. Not for links. */
int fd_reopen(int fd, int flags);

/* As fd_reopen() for reading, with O_NOATIME where that is allowed. */
int fd_reopen_quietly(int fd, int flags);

/* Target of the link behind fd; the caller frees it. NULL with errno set. */
char *fd_readlink(int fd);

/*
 * For messages: the path of `name` in the directory behind fd, or of fd itself when name is NULL.
 * Keeps errno.
 */
char *fd_name(int fd, const char *name);
