#pragma once

/* What the journals tell about past transactions, without changing anything. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "rollback/state.h"
#include "rollback/summary.h"

/* All that was ever done here, oldest first. */
struct history {
	struct transaction_summary *items;
	size_t count;
	const char *
		undoing; /* id of one put back in part that counts as kept, since it is undone; or NULL */
	const struct facts
		*now; /* the host, for what is in force still; NULL: not looked at. Borrowed */
};

/* Finds who undid whom, which history_list() has done. */
void history_link(const struct history *h);

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

/* Whether there is one whose id is this or begins so: 0, or -ENOENT. No journal is read. */
int history_is_there(const struct state *s, const char *id, struct error *err);

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

/*
 * Whether an error says that what lies on the disk cannot be read. Any other (a limit of this process, a call
 * that is refused here) says nothing about the transaction.
 */
bool history_is_on_disk(int r);

/* Whether one of the records says that it is over, kept or undone. */
bool transaction_is_decided(const struct records *r);
