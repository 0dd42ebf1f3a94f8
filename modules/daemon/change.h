#pragma once

/*
 * From what the next start has of a key (next.h) to what it should have: the edits, in the file
 * or in the flags, wherever the key stands now.
 */

#include "engine/model/delta.h"
#include "modules/daemon/next.h"
#include "modules/daemon/value.h"

/*
 * Asks for the edits after which the key has the wanted value at the next start, where it
 * stands now. *ret_value is that value (NULL: not set); *ret_by_flag whether it is a flag's.
 * -ENOTSUP and the reason when it cannot be done.
 */
int daemon_next_change(const struct daemon_next *n, const struct daemon_want *want,
		       struct delta *delta, char **ret_value, bool *ret_by_flag, struct error *err);
