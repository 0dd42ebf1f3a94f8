#pragma once

/* What a restart of dockerd does to the swarm that this host is a node of, beside ending its tasks. */

#include "engine/model/facts.h"

/* What speaks against a restart: it leaves this manager locked. NULL: nothing; the caller frees it. */
char *swarm_lock_text(const struct facts *facts);

/* What an undo by another restart asks for. NULL: nothing. */
const char *swarm_undo_text(const struct facts *facts);

/* What becomes of a task that the restart ends: "a task of a swarm, which ...". */
const char *swarm_task_fate(const struct facts *facts);
