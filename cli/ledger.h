#pragma once

/* The transactions of a host, for status, history and show. Starts as LEDGER_INIT. */

#include <jansson.h>

#include "cli/context.h"
#include "cli/report/style.h"
#include "rollback/history.h"

struct ledger {
	struct context c;
	struct transaction_summary *items; /* oldest first */
	size_t count;
};

#define LEDGER_INIT                                                                                \
	{                                                                                          \
		.c = CONTEXT_INIT                                                                  \
	}

/* Says its own errors; a host on which nothing was ever applied has an empty ledger. */
int ledger_open(struct ledger *l, const struct options *o);
void ledger_clear(struct ledger *l);

/* Id, time, kind and state of one transaction; its note below. */
void ledger_line(struct buf *b, const struct style *s, const struct transaction_summary *t);

/* All of them, as an array; the caller's. */
json_t *ledger_to_json(const struct ledger *l);

/* What to call where a transaction is open. */
void ledger_next(struct buf *b, const struct style *s, const struct ledger *l);
