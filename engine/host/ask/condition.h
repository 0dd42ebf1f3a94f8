#pragma once

/*
 * A condition of a unit (ConditionPathExists= and its kin, Assert*=), as systemd tells of it, and
 * whether it would hold now: systemd itself only tells how it was at the last start. Host, read
 * side.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/macros.h"

struct unit_condition {
	char *kind; /* "ConditionPathExists" */
	bool trigger; /* | in front: one of these is enough */
	bool negate; /* ! in front */
	char *param;
	int state; /* at the last start: above 0 it held, below it did not, 0 not tried */
};

struct unit_conditions {
	struct unit_condition *items;
	size_t count;
};

void unit_conditions_clear(struct unit_conditions *c);

/* 1: it holds, 0: it does not, -1: that is not known. */
int condition_holds(const struct unit_condition *c);

/* As it stands in the unit's file; the caller frees it. */
char *unit_condition_text(const struct unit_condition *c);
