#pragma once

/* A unit of our own that another kind of resource needs: its file, enabled, and up. */

#include "engine/model/delta.h"
#include "engine/model/view.h"

int unit_bring_about(const char *unit, const char *content, const struct view *now,
		     struct delta *ret, struct error *err);
