#pragma once

/*
 * What chains the ledger. HEADER of each transaction names the one before it, with the digest of so much of
 * that one's journal as was decided by then; the record that ends a transaction, COMMIT or UNDO_DONE, holds
 * the digest of all of its own journal in front of it. Whoever changes a record, takes a transaction away or
 * puts one in between has to write anew all that follow (docs/decisions/chained-ledger.md).
 *
 * Nothing of it can be half done: HEADER is there with its journal or not at all (J1), and what it names was
 * synced before it (J2). SWEPT, which a power cut may take away again, is behind what is sealed.
 */

#include <jansson.h>
#include <stdint.h>

#include "rollback/journal.h"
#include "rollback/state.h"

/* The first `bytes` bytes of the journal of `id` have this digest. Starts zeroed. */
struct seal {
	char *id; /* NULL: of none */
	uint64_t bytes;
	char *sha256; /* NULL: the journal could not be read then */
};

void seal_clear(struct seal *s);
void seal_copy(struct seal *ret, const struct seal *s);
bool seal_equal(const struct seal *a, const struct seal *b);

/* An object, or null for none; the caller's. */
json_t *seal_to_json(const struct seal *s);

/* -EUCLEAN: neither of both. */
int seal_from_json(const json_t *value, struct seal *ret, struct error *err);

/*
 * Appends the record that ends the transaction: `payload`, a JSON object, with the digest of what stands
 * before it and who did it. As journal_append().
 */
int seal_append(struct journal *j, enum record_type type, const char *payload, struct error *err);

/* The digest that such a record holds (the caller frees it); NULL: none. */
char *seal_of_record(const struct record *record);

/* The last record that ends a transaction; NULL: it is not decided yet. */
const struct record *seal_end(const struct records *records);

/*
 * How much of a journal is decided: up to the record that ends it, or all that is whole of one that is not
 * ended. `records` NULL: they cannot be read, and all of it counts.
 */
size_t seal_decided_bytes(const struct buf *bytes, const struct records *records);

/* Of the first `n` bytes. */
void seal_of_bytes(struct seal *ret, const char *id, const struct buf *bytes, size_t n);

/*
 * Of a journal as it is: up to the record that ends it, as a whole where it is not ended or cannot be read, or,
 * with `upto`, so many bytes of it. -ENOENT: there is none; -ERANGE: it is shorter.
 */
int seal_measure(const struct state *state, const char *id, uint64_t upto, struct seal *ret,
		 struct error *err);
