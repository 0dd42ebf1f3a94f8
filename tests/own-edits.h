#pragma once

/* New files are root's; where the test runs as somebody else they are that user's. */

#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"
#include "engine/model/edit.h"
#include "tests/subject-text.h"

/* The edits that make `path` the test's own. */
static inline UNUSED void edits_add_own(struct edits *edits, const char *path)
{
	CLEANUP(freep) char *uid = xasprintf("%u", geteuid()), *gid = xasprintf("%u", getegid());

	edits_add(edits, "c", path, subj("owner"), NULL, uid);
	edits_add(edits, "c", path, subj("group"), NULL, gid);
}
