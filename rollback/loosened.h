#pragma once

/*
 * Rights that the way back of an older apply opens below a newer one: the newer one's step closes what it found open, and
 * nothing of what the older had closed before it. That is how edits are undone in any order, and it is said.
 */

#include "engine/model/subject.h"
#include "rollback/history.h"

/*
 * Whether a mode or an access list opens something that another does not; NULL is one that is not there. False for
 * any other subject, and for a list that is gone: then the mode tells.
 */
bool loosened(struct subject subject, const char *has, const char *wanted);

/*
 * The newest edit of the subject of a path that stands with one rollback more (NULL: none), and whose it is; NULL: none
 * does. Borrowed.
 */
const struct edit *loosened_newest(const struct history *h, const char *path,
				   struct subject subject, const struct undoing *more,
				   const struct transaction_summary **ret_of);
