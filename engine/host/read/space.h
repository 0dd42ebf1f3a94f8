#pragma once

/* How much room the file system of a path has. Host, read side. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/error.h"

struct space {
	dev_t dev;
	uint64_t bytes, files; /* free for root: what is kept back for it is its own */
	bool counts_files; /* some file systems have no fixed number of inodes */
};

/* Of the path, or of the nearest directory above it that is there; ret_at gets which (the caller frees it). */
int space_of(const char *path, struct space *ret, char **ret_at, struct error *err);

/* What it lacks of that: "has 0 bytes free, and 1048576 are needed"; NULL: nothing. The caller frees it. */
char *space_lacks(const struct space *s, uint64_t bytes, uint64_t files);
