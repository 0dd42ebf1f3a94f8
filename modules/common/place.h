#pragma once

/*
 * From the paths of a baseline to paths of this host: "@name" stands for a place of the facts.
 * Canonical, each once. What is absent or unknown is noted in the tally.
 */

#include "engine/model/view.h"
#include "modules/common/tally.h"

/* The names as they were given, and as those who trust them have them: by which way they are reached. */
void places_ways(const struct view *v, const struct strv *items, struct strv *ret);

/* Appends to ret. -EINVAL when the facts know no place of that name. */
int places_expand(const struct view *v, const struct strv *items, struct strv *ret,
		  struct tally *tally, struct error *err);
