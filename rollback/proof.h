#pragma once

/*
 * Whether the ledger is as it was written: by the chain that seal.h describes. What it can say is that the
 * entries fit each other. Not that nobody wrote all of them anew, nor that the newest ones are all there: for
 * both somebody has to know the digest of the newest from elsewhere.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/enum-table.h"
#include "rollback/seal.h"

enum proof_verdict {
	PROOF_OK, /* as it was written; of one that is not ended, so far */
	PROOF_NOT_CHAINED, /* an earlier version wrote it: nothing in it tells */
	PROOF_GONE, /* pruned or set aside, and its tombstone fits */
	PROOF_CHANGED, /* its journal, or its tombstone, is another than it was */
	PROOF_MISSING, /* the one after it names it, and neither it nor a tombstone is there */
	PROOF_INSERTED, /* no other names it, though there are later ones */
	PROOF_DAMAGED, /* its journal cannot be read */
	PROOF_VERDICT_COUNT,
};

ENUM_TABLE_DECLARE(proof_verdict, enum proof_verdict);

/* From here on the ledger is not as it was written. */
#define PROOF_IS_WRONG(verdict) ((verdict) >= PROOF_CHANGED)

struct proof_entry {
	char *id;
	enum proof_verdict verdict;
	char *why; /* NULL: nothing more to say */
	struct seal seal; /* of its journal as it is, or of its tombstone; sha256 NULL: not known */
	bool chained; /* it says what was before it: */
	bool claims_known; /* false: what it said cannot be read any more */
	struct seal previous; /* ... this; id NULL: nothing */
	bool excused; /* it was set aside as another than it had been, and its tombstone says so */
	bool live; /* its journal is there */
	bool named; /* by the one after it */
};

/* Starts zeroed. */
struct proof {
	struct proof_entry *items; /* oldest first, those that are missing too */
	size_t count;
	size_t wrong, not_chained, gone;
	const struct seal
		*head; /* of the newest, which stands for all before it; NULL: none known */
};

void proof_clear(struct proof *p);

/*
 * Negative only where something cannot be looked at that says nothing about the ledger; what is wrong with the
 * ledger is in the proof. Changes nothing.
 */
int proof_of(const struct state *state, struct proof *ret, struct error *err);
