#pragma once

/*
 * Collects what was found at the several places of one resource and gives the delta its
 * verdict and its reason: the heaviest verdict, the first reason of that weight, and how many
 * more there are. A zeroed tally is a valid empty one; tally_finish() empties it.
 */

#include "engine/base/macros.h"
#include "engine/base/names.h"
#include "engine/model/delta.h"

struct tally {
	char *reasons[VERDICT_COUNT];
	size_t counts[VERDICT_COUNT];
	struct strv all[VERDICT_COUNT]; /* each of them, where it is no pass */
};

void tally_note(struct tally *t, enum verdict v, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Hands verdict and reason to the delta, unless it has a heavier verdict already. */
void tally_finish(struct tally *t, struct delta *d);
void tally_clear(struct tally *t);
