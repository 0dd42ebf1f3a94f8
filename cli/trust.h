#pragma once

/*
 * Reading the files that say what is done: baselines and plans. As root such a file is read
 * only when it belongs to root, or to the user who called sudo, and nobody else can write it.
 */

#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/node.h"

/* -EPERM: not to be trusted; -EFBIG: more than `limit` bytes; -EINVAL: no regular file. */
int trusted_read(const char *path, size_t limit, struct buf *ret, struct error *err);

/*
 * The same question about a file or directory of the host that nobody named on the command line:
 * root's alone. -EACCES and the like when it could not be looked at.
 */
int trusted_node(const char *path, const struct node *node, struct error *err);
