#pragma once

/* What separates a view of the host from one control: the answers of its resources as one. */

#include "engine/model/control.h"
#include "engine/model/delta.h"
#include "engine/model/view.h"

/* Of enum facts_part those that the control reads. */
unsigned control_needs(const struct control *control);

/* Adds to a zeroed delta, whose edits and effects name the control. */
int control_diff(const struct control *control, const struct view *v, struct delta *ret,
		 struct error *err);
