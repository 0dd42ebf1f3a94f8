#pragma once

/* Whole reads and writes on descriptors: short counts and EINTR are dealt with. */

#include <stddef.h>
#include <sys/types.h>

#include "engine/base/buf.h"

/* 0 or negative errno; -EIO when nothing more is taken, without an error. */
int fd_write_all(int fd, const void *bytes, size_t n);

/* The same at a place of the file's own, over what is there; the descriptor's place stays. */
int fd_write_all_at(int fd, const void *bytes, size_t n, off_t at);

#define FD_READ_LEAST 1024 /* room that is worth a call: who knows the size reserves so much more */

/* Appends everything from here to the end; -EFBIG above `limit` bytes. */
int fd_read_all(int fd, size_t limit, struct buf *ret);
