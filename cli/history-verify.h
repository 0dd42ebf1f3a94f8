#pragma once

/* harden history --verify: whether the ledger is as it was written (rollback/proof.h). */

#include "cli/ledger.h"

/* Says what it found, with the ledger itself in JSON; CODE_HANDS where something is not as it was written. */
int history_verify(const struct ledger *l);
