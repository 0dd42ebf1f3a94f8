#pragma once

/* What the journals tell about past transactions, without changing anything. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/enum-table.h"
#include "engine/model/plan.h"
#include "rollback/state.h"

/*
 * How far a transaction got, and the functions that move it there. What runs (transaction.c):
 *
 *     open_directory()     intend()       executor_up()         keep()
 *   ------------> OPEN ----> PREPARED ---------> APPLIED ----------> COMMITTED
 *                  |             |                  |
 *                  | abandon()   +----- undo() -----+----> UNDOING
 *                  v                                          |  executor_down(), conclude()
 *               (nothing)                                     +----> ROLLED_BACK   all is put back
 *                                                             +----> STUCK         something is not
 *
 * A COMMIT that keep() cannot write leads to undo() as well. Where UNDO_BEGIN or what conclude() says
 * cannot be written, the run ends IN_DOUBT: it does not know what the disk has. The next one reads it.
 *
 * What recover() finds on disk, after a crash or beside a person (recover.c):
 *
 *   OPEN                                  sweep_unborn(): staged files and directory go; (nothing)
 *   PREPARED, APPLIED, UNDOING, STUCK     undo_patient(): UNDOING, then ROLLED_BACK or STUCK
 *   COMMITTED, ROLLED_BACK                sweep_decided(): stays, staged files go
 *   WAITING                               is left alone
 *   DAMAGED                               is left alone and named, until a person sets it aside
 *
 * transaction_set_aside() takes one that is not ended, or DAMAGED, out of the ledger. The state on
 * disk is records_state(): the record that weighs most decides, not the last one.
 */
enum transaction_state {
	TRANSACTION_OPEN, /* no journal yet: the host is untouched, but for staged files */
	TRANSACTION_PREPARED, /* INTENT: from here on the host may be changed, and it is undone */
	TRANSACTION_APPLIED, /* all files are in place; the last stage's handlers may still run */
	TRANSACTION_WAITING, /* applied, until somebody confirms it; nothing brings this about yet */
	TRANSACTION_COMMITTED, /* COMMIT is durable: kept, whatever happens from here on */
	TRANSACTION_UNDOING, /* on the way back, which may be broken off and begun again */
	TRANSACTION_ROLLED_BACK, /* UNDO_DONE is durable: the host is as it was */
	TRANSACTION_IN_DOUBT, /* of a process, never on disk: whether its last record arrived */
	TRANSACTION_STUCK, /* put back but for what `note` names; recover() tries again */
	TRANSACTION_DAMAGED, /* what is on disk of it cannot be read; `note` says why */
	TRANSACTION_STATE_COUNT,
};

ENUM_TABLE_DECLARE(transaction_state, enum transaction_state);

struct transaction_summary {
	char *id;
	enum transaction_state state;
	bool swept; /* nothing of it is left outside its directory */
	bool decided; /* DAMAGED: what can be read of it says that it is over */
	char *kind; /* "apply" or "rollback" */
	char *of; /* rollback: the transaction that it undoes; else NULL */
	char *only; /* rollback: the one control, or NULL */
	char *rolled_back_by; /* id of the transaction that undid this one, or NULL */
	uint64_t started_usec; /* CLOCK_REALTIME, to be shown: the ids tell the order */
	char *boot_id; /* of the boot it began in; NULL: not known */
	char *started_with; /* the config file with which dockerd ran then: witness_proven() */
	bool dockerd_asked; /* it ran then, and told what it had in force; false: not known */
	bool leaves; /* something stayed all the same, or is still stuck: `note` names it */
	char *note; /* why it failed or what is stuck; NULL when all went well */
	struct plan plan; /* with images (contents loaded) only by history_load() */
};

void transaction_summary_clear(struct transaction_summary *t);

/* All that was ever done here, oldest first. */
struct history {
	struct transaction_summary *items;
	size_t count;
	const char *
		undoing; /* id of one put back in part that counts as kept, since it is undone; or NULL */
};

int history_open(const struct state *s, struct history *ret, struct error *err);
void history_clear(struct history *h);

/* A rollback that is not there yet: of that transaction, or of some of its controls. */
struct undoing {
	const char *of;
	const struct strv *controls; /* NULL: all */
};

/*
 * Whether a control's part in a transaction stands after the first `upto` transactions: a rollback
 * takes it back, and a rollback of that rollback brings it again. `control` NULL asks for the
 * whole; `more` is one rollback more, or NULL.
 */
bool history_stands(const struct history *h, size_t upto, const struct transaction_summary *t,
		    const char *control, const struct undoing *more);

/* NULL: there is none of that id (any more). */
const struct transaction_summary *history_by_id(const struct history *h, const char *id);

/* The apply at the end of a chain of rollbacks: that one itself; NULL when it was pruned. */
const struct transaction_summary *history_root(const struct history *h,
					       const struct transaction_summary *t);

/*
 * Whether what the transaction did about the control is so still: by those that undid it, and, of a
 * rollback, by what became of the apply at the end of its chain since, which others may have undone.
 */
bool history_still_so(const struct history *h, const struct transaction_summary *t,
		      const char *control);

/*
 * The newest later apply that stands, and that rests on what `t` did about the control: it found the
 * units and files of that in place, and brought the rest into force. NULL: none.
 */
const struct transaction_summary *history_resting(const struct history *h,
						  const struct transaction_summary *t,
						  const char *control, const struct undoing *more);

/*
 * Loads the contents of all images. Another transaction than `needed` that is damaged is as if it
 * had never been: its edits count as somebody else's.
 */
int history_load_all(const struct state *s, struct history *h,
		     const struct transaction_summary *needed, struct error *err);

/*
 * All of them, also those that cannot be read (DAMAGED): one bad transaction is named, and stands
 * in nobody else's way. Oldest first; *ret is an array that the caller clears item by item and frees. */
int history_list(const struct state *s, struct transaction_summary **ret, size_t *ret_count,
		 struct error *err);

/*
 * One transaction by its id or by a unique beginning of it; NULL means the newest committed
 * one that was not rolled back. -ENOENT when there is none.
 */
int history_load(const struct state *s, const char *id, struct transaction_summary *ret,
		 struct error *err);

/* Where the one is whose id is this or begins so: -ENOENT, or -EINVAL when there are several. */
int history_find(const struct transaction_summary *all, size_t count, const char *id, size_t *ret,
		 struct error *err);

/* Whether it is an apply that was kept and not undone. */
bool transaction_is_in_force(const struct transaction_summary *t);

/* Whether it is an apply that was put back but for what its note names: some of it may be in force. */
bool transaction_is_half_back(const struct transaction_summary *t);

/* Whether it was kept, or is one put back in part that is undone now. */
bool history_counts(const struct history *h, const struct transaction_summary *t);

/* The newest of those: -ENOENT. */
int history_find_in_force(const struct transaction_summary *all, size_t count, size_t *ret,
			  struct error *err);

/* The controls that kept applies brought about, and no kept rollback took back. */
int history_controls(const struct state *s, struct strv *ret, struct error *err);

/* How far a transaction got, by its journal alone. */
struct records;
enum transaction_state records_state(const struct records *r);

/* Whether one of the records says that it is over, kept or undone. */
bool transaction_is_decided(const struct records *r);
