#pragma once

/* Whom a restart of dockerd stops, and what becomes of each; `live`: live-restore is in force then. */

#include <stdbool.h>

#include "engine/model/effect.h"
#include "engine/model/facts.h"
#include "engine/model/stopped.h"

/* Whether it is, with these effects: by a reload it comes before a restart, and goes after it. */
bool live_at_restart(const struct facts *facts, const struct effects *effects);

void compose_stopped(const struct facts *facts, bool live, struct stopped_list *list);
