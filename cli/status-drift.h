#pragma once

/* What of the applies in force is not so any more: "SUBJECT of PATH", or "SUBJECT" of no file. */

#include "cli/ledger.h"

/*
 * Loads the ledger's contents. `known` is told already, and passed over. Nothing while a run is at work, or where a
 * transaction is open or waits: what that wrote may be put back.
 */
void drifted_find(struct ledger *l, const struct strv *known, struct strv *ret);
void drifted_put(const struct strv *drifted, const struct options *o, struct buf *b,
		 const struct style *s);
