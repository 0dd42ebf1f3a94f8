#pragma once

/* Whether a unit runs now, and what goes down with it where it is to be stopped. */

#include <stdbool.h>

#include "engine/base/strv.h"
#include "engine/model/delta.h"
#include "engine/model/view.h"

struct unit_wish {
	const struct view *view;
	const char *name;
	const struct strv *units; /* all that go the same way */
	struct delta *delta;
	bool ours; /* the unit's file is: what it does to the packet filter is planned by itself */
};

/* Asks for the state that is wanted; what requires the unit holds that back, or refuses it. */
void unit_judge_state(const struct unit_wish *w, bool wanted_up);

/* By what a host is reached and run; that harden stops it would be the last that is heard of it. */
bool unit_is_essential(const struct facts *f, const char *name);

/* unit/filter.c: holds it back where the unit's commands may take dockerd's packet filter rules away. */
void unit_hold_filter(const struct unit_wish *w, const char *unit, bool starts);
