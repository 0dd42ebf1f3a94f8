#pragma once

/* What status says of the swarm: a node that waits for its key does none of the work of a swarm. */

#include "cli/context.h"
#include "cli/report/style.h"

/* Whether this node is locked: 1 or 0; -1: nobody can tell. */
int swarm_is_locked(const struct context *c);
void swarm_put(int locked, struct buf *b, const struct style *s);
