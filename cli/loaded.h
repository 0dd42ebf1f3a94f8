#pragma once

/* What of ours the kernel has that nothing in force has put there. */

#include "cli/ledger.h"

/*
 * A line for each chain of our table that no transaction in force loaded, and for what dockerd set
 * for a setting of ours that was undone, with the way to be rid of it. None where the kernel cannot be asked, or where a transaction that cannot be read, is open or
 * was set aside may own it.
 */
void loaded_find(const struct ledger *l, struct strv *ret);

/* Ids of the transactions that alone tell of such things, the newest of each: as long as they are kept. */
void loaded_owners(const struct ledger *l, struct strv *ret);
