#pragma once

/*
 * Whether systemd has read a unit's files, where it says that it has not. Of a unit with a drop-in that it cannot
 * load it says so after each reading, for ever (seen with 257, each reason below): no change of
 * anybody's waits there, and no daemon-reload brings anything.
 */

#include <stdbool.h>

#include "engine/base/clock.h"
#include "engine/base/strv.h"

/* Why systemd cannot load a drop-in, or not all of it, behind "it"; NULL: nothing speaks against it. The caller frees it. */
char *dropin_unloadable(const char *path);

/*
 * Whether there is such a drop-in, and nothing of the unit changed since the moment when systemd read its units: no
 * file of it, and no directory of drop-ins that has its name. Those that cannot be loaded
 * are appended with the reason, "PATH (it is a directory)". `fragment` may be NULL.
 */
bool unit_files_were_read(const char *unit, const char *fragment, const struct strv *dropins,
			  const struct moment *read, struct strv *ret_unloadable);
