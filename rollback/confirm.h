#pragma once

/* The end of a wait by a person's word: kept, or given more time. Under the lock, as all that writes. */

#include "engine/effect/effector.h"
#include "rollback/history.h"
#include "rollback/state.h"

/*
 * How the transaction stands, by its journal and the clock: its state, and how long it still waits (0:
 * its time is over, or it does not wait). Needs no lock.
 */
struct standing {
	enum transaction_state state;
	bool waited; /* it waits, or has */
	uint64_t left_usec, until_usec;
	char *failure, *left; /* of its undo; NULL: none */
	char *told; /* who was stopped by its undo, and what dockerd leaves: lines; NULL: nothing */
};

void standing_clear(struct standing *s);
int standing_read(const struct state *state, const char *id, struct standing *ret,
		  struct error *err);

/*
 * Keeps it: 0 when COMMIT is durable. -ESTALE when it does not wait, -ETIME when its time is over; any
 * other error: whether it is kept is not known.
 */
int confirm_transaction(const struct state *state, const struct root *root, struct effector *e,
			const char *id, struct error *err);

/* So much more time, on top of what is left: errors likewise; -ERANGE beyond WAIT_MOST_MS. */
int confirm_extend(const struct state *state, struct effector *e, const char *id,
		   uint64_t more_usec, struct error *err);
