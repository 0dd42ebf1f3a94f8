#pragma once

/* One container by what dockerd keeps of it on the disk. */

#include "engine/base/buf.h"
#include "engine/host/read/root.h"
#include "engine/model/container.h"

/*
 * By its two files in that directory (DATA-ROOT/containers/ID). *ret_config gets the text of the first, which
 * says more of it (engine/format/container-info.h), also where the rest cannot be read: negative, and what was
 * read by then is in *ret.
 */
int container_read_disk(const struct root *root, const char *directory, struct buf *ret_config,
			struct container *ret, struct error *err);
