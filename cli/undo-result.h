#pragma once

#include "cli/context.h"

/*
 * Whether what c->plan, a rollback, leaves of dockerd's settings goes together, as far as the way up would ask: 0, or
 * -EPERM, which is among the plan's checks then.
 */
int undo_check_result(struct context *c, struct error *err);
