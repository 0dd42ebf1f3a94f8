#pragma once

/*
 * Configuration folders in which a file's name decides: files are read in the order of their
 * names, whatever folder they lie in, and one hides another of the same name (sysctl.d(5),
 * systemd.unit(5)).
 */

#include <stdbool.h>

#include "engine/base/strv.h"

/* The last component of a path; points into it. */
const char *path_name(const char *path);

/* For qsort() over paths: by their names. */
int compare_path_names(const void *a, const void *b);

bool has_path_name(const struct strv *paths, const char *name);
