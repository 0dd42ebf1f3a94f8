#pragma once

/* Whole reads and writes on descriptors: short counts and EINTR are dealt with. */

#include <stddef.h>

#include "engine/base/buf.h"

/* 0 or negative errno. */
int fd_write_all(int fd, const void *bytes, size_t n);

/* Appends everything from here to the end; -EFBIG above `limit` bytes. */
int fd_read_all(int fd, size_t limit, struct buf *ret);
