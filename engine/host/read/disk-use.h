#pragma once

/*
 * About how much a directory holds, with all that is below it on the same file system. No path is walked
 * but the first, no file is opened, no link followed. Host, read side.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/host/read/root.h"

struct disk_use {
	uint64_t bytes; /* on the disk; of a file with several names its share */
	bool more; /* something was not counted: there is too much of it, or it could not be read */
};

/* -ENOENT, -ENOTDIR where there is no such directory. */
int disk_use(const struct root *r, const char *path, struct disk_use *ret, struct error *err);

/* "about 12 MiB", "more than 12 MiB", "about 0 bytes"; the caller frees it. */
char *disk_use_text(const struct disk_use *use);
