#pragma once

/*
 * What is left of transactions that were pruned or set aside: the digest of each one's journal, and what it
 * named itself, so that the chain of those around them can still be followed (seal.h). A line of JSON each, in
 * a file that only grows. A tombstone is durable before its transaction goes; one beside its transaction, of a prune
 * that was broken off, says nothing.
 */

#include <stdbool.h>

#include "rollback/actor.h"
#include "rollback/seal.h"

#define STATE_TOMBSTONES STATE_DIR "/tombstones"

#define TOMBSTONE_PRUNED "pruned"
#define TOMBSTONE_SET_ASIDE "set aside"

struct tombstone {
	struct seal seal; /* of the transaction that is gone, as the one after it names it */
	bool chained; /* it said what was before it: */
	struct seal previous; /* id NULL: nothing */
	bool other; /* the one after it had found another journal than this one, when it went */
	char *how; /* one of these, or of a later version */
	struct actor by; /* who took it away */
	uint64_t usec; /* CLOCK_REALTIME */
};

struct tombstones {
	struct tombstone *items; /* as they were written; of one id the last one counts */
	size_t count;
};

void tombstones_clear(struct tombstones *s);

/* Those that can be read: a line that is not whole was never waited for, and is passed over. */
int tombstones_list(const struct state *state, struct tombstones *ret, struct error *err);

/* Durable when it returns 0. The state is locked, and the transactions are still there. */
int tombstones_leave(const struct state *state, const struct strv *ids, const char *how,
		     struct error *err);

/* The same of one. */
int tombstone_leave(const struct state *state, const char *id, const char *how, struct error *err);

/* One line of the file, without its end; false: it is none. */
bool tombstone_parse(const char *line, size_t n, struct tombstone *ret);
