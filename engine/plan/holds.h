#pragma once

/*
 * What holds any control back, whichever module it comes from: files that are not replaced without
 * being asked, and a restart of dockerd of which nobody knows what it stops.
 */

#include "engine/model/delta.h"
#include "engine/model/view.h"

int plan_holds(const struct view *v, struct delta *d, struct error *err);
