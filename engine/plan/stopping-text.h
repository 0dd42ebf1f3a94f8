#pragma once

#include "engine/model/facts.h"
#include "engine/model/stopped.h"

/*
 * Whom a restart of dockerd stops, may stop and cuts off, as one clause ("the restart of dockerd stops
 * 1 container: web (...), and cuts off ..."), and why live-restore cannot be borrowed, or a reload does not do. The caller frees it.
 */
char *stopping_text(const struct facts *facts, const struct stopped_list *stopped);
