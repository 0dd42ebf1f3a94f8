#pragma once

/* Where a transaction is decided, the host's journal is told: once, by who decides it. */

#include "engine/effect/effector.h"
#include "rollback/transaction-directory.h"

void announce(struct effector *e, enum announced what, const char *id, const char *kind,
	      const char *of, const struct plan *plan);

/* The same of what a journal tells; where it does not tell the plan, no control is named. */
void announce_records(struct effector *e, enum announced what, const char *id,
		      const struct records *records);
