#pragma once

/*
 * Configuration directories in which a file's name decides: files are read in the order of their
 * names, whatever directory they lie in, and one hides another of the same name (sysctl.d(5),
 * systemd.unit(5)).
 */

#include <stdbool.h>

#include "engine/base/strv.h"

/* For qsort() over paths: by their names. */
int compare_path_names(const void *a, const void *b);

bool has_path_name(const struct strv *paths, const char *name);
