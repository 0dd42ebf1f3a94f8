#pragma once

/*
 * Who can use the Engine's API through its socket, and cannot any more once a change of owner, group,
 * mode or access list is made, or once the socket is made anew without its list. Each is named, since
 * the first that they see of it is a denied command.
 */

#include "engine/model/delta.h"
#include "engine/model/plan.h"
#include "engine/model/view.h"

/* Adds to the delta's warnings. `v` is the host with what the plan has so far. */
void warn_lost_access(const struct view *v, struct delta *d);

/*
 * The same of a whole plan, such as a way back, whose restart makes the socket anew as well: the lines,
 * appended. Where a setting of docker.socket's goes back to what its other files say, they say "may not".
 */
void plan_lost_access(const struct view *v, const struct plan *plan, struct strv *ret);
