#pragma once

/*
 * What a name stands for, all links followed, as the kernel follows them for any program. For
 * telling things apart only: who may have put a link there is not asked, so nothing that is
 * written or trusted may be found this way (see root.h). Host, read side.
 */

#include <sys/stat.h>

#include "engine/base/error.h"

/* The canonical name (the caller frees it) and, unless NULL, what is there. Opens nothing but a handle. */
int real_path(const char *path, char **ret, struct stat *ret_stat, struct error *err);

/*
 * As it would be called once it is there: what is not, or cannot be looked at, keeps its name behind the
 * canonical one of the directory that is. The caller frees it.
 */
char *real_path_of_any(const char *path);
