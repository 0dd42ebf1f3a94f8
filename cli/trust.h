#pragma once

/*
 * Reading the files that say what is done: baselines and plans. As root such a file is read
 * only when it belongs to root, or to the user who called sudo, and nobody else can write it.
 */

#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

/* -EPERM: not to be trusted; -EFBIG: more than `limit` bytes; -EINVAL: no regular file. */
int trusted_read(const char *path, size_t limit, struct buf *ret, struct error *err);
