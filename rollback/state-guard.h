#pragma once

/*
 * Whether the state is safe to use: what lies in it is believed, and put back as root. So it is as
 * safe as every directory on the way to it, and no part of it may be a link that leads elsewhere.
 */

#include "engine/base/error.h"
#include "engine/host/read/root.h"

/* -EPERM and who else can write which directory above `path`, which is canonical. */
int state_check_way(const struct root *root, const char *path, struct error *err);

/*
 * The error of opening `name`, a directory or (`file`) a file of the state that is called `path`:
 * with what stands there, and what to do, where it is not the kind of thing that it should be.
 */
int state_open_failed(int at, const char *name, bool file, const char *path, int code,
		      struct error *err);
