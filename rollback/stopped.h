#pragma once

/*
 * Containers that a restart of dockerd stopped, as its plan had named them, and that nobody starts
 * again: their restart policy does not, and what is back in the files does not either.
 */

#include "engine/model/facts.h"
#include "engine/model/stopped.h"

/*
 * A line for each of those that is there and does not run, with the command, where it is not among `ret` yet;
 * `whose`: the transaction's id. Those of `own` are left out: the run that stopped them has told of them. NULL: none.
 */
void stopped_name(const struct stopped_list *named, const struct stopped_list *own,
		  const struct facts *now, const char *whose, struct strv *ret);
