#pragma once

/* What a unit's file and its drop-ins say, for questions that more than one module has. */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/strv.h"
#include "engine/model/view.h"

/* All of them, the file first, each with a line's end behind it. False: there is no file. */
bool unit_texts(const struct view *v, const char *unit, struct buf *ret);

/* The units of a list such as Conflicts= in [Unit], of all these texts; appended. */
void unit_list_of(const struct buf *texts, const char *key, struct strv *ret);
