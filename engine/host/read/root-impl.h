#pragma once

/*
 * What the two files of root.h share: trail.c walks step by step, with links, which root.c falls
 * back to where one openat2() cannot answer. Private to them.
 */

#include "engine/host/read/root.h"

enum trail_flags {
	TRAIL_NOFOLLOW = 1 << 0, /* stay at a link at the end */
	TRAIL_NO_PARENT = 1 << 1, /* the caller has no use for the directory */
};

#define TRAIL_MAX_LINKS 40 /* as the kernel's own limit */

/* `path` is clean: absolute, no slash at its end, no ".." in it. `ret` is filled on success only. */
int trail_walk(const struct root *r, const char *path, unsigned flags, struct walk *ret,
	       struct error *err);
