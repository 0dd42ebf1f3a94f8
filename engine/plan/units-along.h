#pragma once

/* What stops with the units that a plan stops, by what systemd says of them now. */

#include "engine/model/facts.h"

/*
 * A line for each unit that goes down with one of `down` and is none of `own`, whose state the plan decides;
 * and one where that is not known.
 */
void units_along(const struct facts *f, const struct strv *down, const struct strv *own,
		 struct strv *ret);
