#pragma once

/* One transaction as its journal tells it: how far it got, of what kind it is, and its plan. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/enum-table.h"
#include "engine/model/gap.h"
#include "engine/model/plan.h"
#include "rollback/actor.h"

/*
 * How far a transaction got, and the functions that move it there. What runs (transaction.c):
 *
 *     open_directory()     intend()       executor_up()         keep()
 *   ------------> OPEN ----> PREPARED ---------> APPLIED ----------> COMMITTED
 *                  |             |                  |  begin_wait()     ^  confirm_transaction()
 *                  |             |                  +-----> WAITING ----+
 *                  |             |                  |           |  its time is over: recover()
 *                  | abandon()   +----- undo() -----+-----------+----> UNDOING
 *                  v                                                      |  executor_down(), conclude()
 *               (nothing)                                                 +----> ROLLED_BACK   all is put back
 *                                                                         +----> STUCK         something is not
 *
 * A COMMIT that keep() cannot write leads to undo() as well. Where UNDO_BEGIN or what conclude() says
 * cannot be written, the run ends IN_DOUBT: it does not know what the disk has. The next one reads it.
 *
 * What recover() finds on disk, after a crash or beside a person (recover.c):
 *
 *   OPEN                                  sweep_unborn(): staged files and directory go; (nothing)
 *   PREPARED, APPLIED, UNDOING, STUCK     undo_patient(): UNDOING, then ROLLED_BACK or STUCK
 *   COMMITTED, ROLLED_BACK                sweep_decided(): stays, staged files go
 *   WAITING                               is left until its time is over, then undo_patient()
 *   DAMAGED                               is left alone and named, until a person sets it aside
 *
 * transaction_set_aside() takes one that is not ended, or DAMAGED, out of the ledger. The state on
 * disk is records_state(): the record that weighs most decides, not the last one.
 */
enum transaction_state {
	TRANSACTION_OPEN, /* no journal yet: the host is untouched, but for staged files */
	TRANSACTION_PREPARED, /* INTENT: from here on the host may be changed, and it is undone */
	TRANSACTION_APPLIED, /* all files are in place; the last stage's handlers may still run */
	TRANSACTION_WAITING, /* applied, until somebody confirms it or its time is over (waiting.h) */
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
	char *bisect; /* apply: the one that failed before, whose culprit was sought by this; BISECT_OF_TRIAL; or NULL */
	char *rolled_back_by; /* id of the transaction that undid this one, or NULL */
	struct actor by; /* who began it */
	struct actor decided_by; /* who ended it, where the record that did is of its own */
	uint64_t started_usec; /* CLOCK_REALTIME, to be shown: the ids tell the order */
	char *boot_id; /* of the boot it began in; NULL: not known */
	char *started_with; /* the config file with which dockerd ran then: witness_proven() */
	bool dockerd_asked; /* it ran then, and told what it had in force; false: not known */
	bool waited; /* it waits to be confirmed, or did */
	uint64_t left_usec,
		until_usec; /* WAITING: how long yet (0: its time is over), and until when */
	bool leaves; /* something stayed all the same, or is still stuck: `note` names it */
	bool lent; /* all but rolled_back_by is the state's (known.h), and good until that is closed */
	bool linked; /* it is of a history, whose items know each other by place: */
	size_t of_at; /* of the one that it undoes, from 1; 0: none, or it was pruned */
	size_t *undone_by; /* of the kept rollbacks of it, the oldest first */
	size_t nundone_by;
	bool drained; /* it took the host out of service, or may have */
	char *out_of_service; /* ... and the host may be so still: a sentence; NULL: it is not */
	struct gaps gaps; /* of published ports, by the last that was noted of them */
	char *note; /* why it failed or what is stuck; NULL when all went well */
	struct plan plan; /* with images (contents loaded) only by history_load() */
};

void transaction_summary_clear(struct transaction_summary *t);
