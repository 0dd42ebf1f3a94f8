#pragma once

/*
 * Of applies that were put back in part: what they had brought into force and is so still, since the handler that
 * would have put it out of force was left out beside what others changed. A new start of dockerd, or of the kernel,
 * ends it; so does a rollback. Without the host's facts (history.now) nothing is told.
 */

#include "rollback/history.h"

/* "SUBJECT" of each effect of the at-th, once. What nobody can tell of a dockerd that runs may be so still. */
void left_effects_by(const struct history *h, const struct root *root, size_t at, struct strv *ret);

/* Whether there may be one, by the journals alone; the facts' parts (enum facts_part) that this takes into ret_needs. */
bool left_effects_any(const struct history *h, unsigned *ret_needs);
