#pragma once

/* Whom a restart of dockerd stops, and what becomes of each; `live`: live-restore is in force then. */

#include <stdbool.h>

#include "engine/model/facts.h"
#include "engine/model/stopped.h"

void compose_stopped(const struct facts *facts, bool live, struct stopped_list *list);
