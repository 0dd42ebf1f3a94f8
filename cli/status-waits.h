#pragma once

/* What was kept, and could not be brought into force at once: does it wait still? */

#include <jansson.h>

#include "cli/ledger.h"

struct wait {
	const struct transaction_summary *of;
	const struct effect *effect;
	bool changed; /* somebody wrote other values since: no start brings it into force */
};

struct waits {
	struct wait *items;
	size_t count;
};

void waits_clear(struct waits *w);

/* Newest first: what is not in force yet, by what is on disk and in force now. */
void waits_find(const struct ledger *l, struct waits *ret);

/* How many of them somebody changed. */
size_t waits_changed(const struct waits *w);

void waits_put(struct buf *b, const struct style *s, const struct waits *waits);
json_t *waits_to_json(const struct ledger *l); /* those that nobody changed */
