#pragma once

/* Whom a restart of dockerd stops, and what becomes of each; `live`: live-restore is in force then. */

#include <stdbool.h>

#include "engine/model/effect.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "engine/model/stopped.h"

/* Whether it is, with these effects: by a reload it comes before a restart, and goes after it; by a restart, with it. */
bool live_at_restart(const struct facts *facts, const struct effects *effects);

/*
 * Whether the effect, or one of the plan's, takes live-restore away by a restart, as where dockerd refuses a
 * reload: the start that lacks it ends what the stop before it left alone.
 */
bool effect_loses_live(const struct effect *e);
bool plan_loses_live(const struct plan *plan);

void compose_stopped(const struct facts *facts, bool live, struct stopped_list *list);
