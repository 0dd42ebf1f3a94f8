#pragma once

/* What status tells of a host that a run took out of service, and that nothing has put back. */

#include "cli/ledger.h"

/* "ID: the host may be out of service: ..." (the caller frees it); NULL: it is in service, as far as is known. */
char *drain_find(const struct ledger *l);
void drain_put(const struct ledger *l, struct buf *b, const struct style *s);
