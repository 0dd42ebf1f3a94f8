#pragma once

/*
 * On the way back dockerd cannot always be given what it had: it ran on with a file that somebody has
 * emptied, broken or taken away since, and no restart or reload brings the old values out of that. That
 * is no damage which a person could fix by waiting: the file goes back as it was found, dockerd
 * stays as it runs, and what it lacks is named.
 */

#include "engine/effect/effector.h"
#include "engine/model/plan.h"

/*
 * Why dockerd is left as it runs, with the file at boundary k of the plan; NULL where that file is no
 * reason, is ours, or cannot be judged now. The caller frees it.
 */
char *left_running(const struct effector *e, const struct plan *plan, size_t k,
		   enum handler handler);
