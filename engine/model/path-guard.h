#pragma once

/*
 * Who besides root can put something else at a path. A path is as safe as every directory on the
 * way to it, and every link that it goes through: whoever can write one of them names what root
 * reads there, whatever owner and mode the thing at the end has. Asked of a view, so that a plan
 * that closes a directory is seen to close it.
 */

#include <stdbool.h>

#include "engine/base/strv.h"
#include "engine/model/view.h"

struct path_gap {
	char *place; /* the directory or link */
	char *text; /* "the directory '/home/alice' can be written by alice" */
	bool owned; /* it belongs to somebody else: what is in it is theirs */
};

/*
 * The first gap on the way to `path`, which need not be canonical and need not exist: 1 and ret, or
 * 0 when only root can. A directory that is in `closed` (may be NULL) counts as closed. Negative
 * where the way could not be looked at.
 */
int path_guard(const struct view *v, const char *path, const struct strv *closed,
	       struct path_gap *ret, struct error *err);

void path_gap_clear(struct path_gap *gap);
