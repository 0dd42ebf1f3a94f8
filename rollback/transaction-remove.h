#pragma once

/*
 * How the directory of a transaction goes, in two steps. Its journal gives up its name, and all else is removed:
 * what is left has only a journal that never was one, and is swept. When that is durable, the rest is removed.
 * File systems need not keep the order by themselves: btrfs has the removal of a file that was just synced in its
 * log, and those of others only in the next commit (tests/power, arm `abandon`).
 */

#include "rollback/state.h"

int transaction_empty_directory(const struct state *state, const char *id, struct error *err);
int transaction_remove_emptied(const struct state *state, const char *id, struct error *err);

/* Both, with the sync between. */
int transaction_remove_directory(const struct state *state, const char *id, struct error *err);
