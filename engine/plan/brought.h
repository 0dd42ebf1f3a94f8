#pragma once

/*
 * Which edits the effects of a plan bring into force: each effect names them by path and subject, as
 * its module knew them. A plan keeps the names of those edits alone that are in it.
 */

#include "engine/model/plan.h"

/* The view names an edit's path anew, where it goes through links: so do the effects. */
void brought_follow(struct effects *effects, const char *was, const struct edit *edit);

/* Takes out the names of edits that the plan does not have: they were as wanted already. */
void brought_settle(struct plan *plan);

/*
 * For an effect of a plan that an older version wrote, which named none: the edits of its control
 * that its handler may bring into force, by scheme and key, as that version took them.
 */
void brought_guess(const struct plan *plan, struct effect *effect);
