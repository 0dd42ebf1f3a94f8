#pragma once

/*
 * What somebody's change leaves of dockerd's settings as a whole, held against what the way up asks of each. A way
 * back that leaves what others set is put together of several people's values, and nobody has seen dockerd start
 * with just those.
 */

#include "engine/model/view.h"

/*
 * Why dockerd would not start with its settings as `then` has them, or would start no container; a key's
 * fault that `now` has already does not count, nor one that `found` has (what was there before somebody's change; NULL:
 * not known). NULL: nothing is known to. The caller frees it.
 */
char *daemon_result_fault(const struct view *now, const struct view *found,
			  const struct view *then);
