#pragma once

/*
 * What each control is on the host, found out once a plan: the host alone is the same in each of its
 * runs, whatever they lay over it.
 */

#include "engine/model/control.h"
#include "engine/model/delta.h"
#include "engine/model/view.h"

struct judged;

struct judged *judged_new(void);
void judged_free(struct judged *j);
DEFINE_CLEANUP(struct judged *, judged_free)

/* As control_diff() of a view of the host alone. What failed is not kept. */
int judged_diff(struct judged *j, const struct control *control, const struct view *host,
		struct delta *ret, struct error *err);
