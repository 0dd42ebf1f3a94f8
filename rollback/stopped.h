#pragma once

/*
 * Containers that a restart of dockerd stopped, as its plan had named them, and that nobody starts
 * again: their restart policy does not, and what is back in the files does not either.
 */

#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * A line for each that is there and does not run, with the command; `whose`: the transaction's id.
 * Those that `own` stops are left out: the run of that plan has told of them. NULL: none.
 */
void stopped_name(const struct plan *plan, const struct plan *own, const struct facts *now,
		  const char *whose, struct strv *ret);
