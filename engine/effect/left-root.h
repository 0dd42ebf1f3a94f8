#pragma once

/*
 * A data root that dockerd had for remapped users, and leaves behind with all that is in it: how that is
 * told wherever it is noticed.
 */

#include "engine/host/read/root.h"

/* With its size and the command that removes it; the caller frees it. */
char *left_root_text(const struct root *root, const char *path);

/* "about 3 MiB", or why that is not known; the caller frees it. */
char *left_root_size(const struct root *root, const char *path);
