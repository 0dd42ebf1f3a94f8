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
	bool more; /* something was not counted: too much of it, of another file system, or it could not be read */
};

/*
 * The same of one of several directories, for who has time for `*left` entries of all of them: what was looked at
 * is taken off. Where none is left, nothing is counted, and there is more.
 */
int disk_use_within(const struct root *r, const char *path, size_t *left, struct disk_use *ret,
		    struct error *err);

/* -ENOENT, -ENOTDIR where there is no such directory. */
int disk_use(const struct root *r, const char *path, struct disk_use *ret, struct error *err);

/* "about 12 MiB", "more than 12 MiB", "about 0 bytes"; the caller frees it. */
char *disk_use_text(const struct disk_use *use);
