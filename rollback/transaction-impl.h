#pragma once

/*
 * What the files of a run share: transaction.c brings it into force and ends it, transaction-prepare.c makes
 * all that has to be there before the host may be changed.
 */

#include "engine/base/interrupt.h"
#include "rollback/executor.h"
#include "rollback/seal.h"
#include "rollback/transaction.h"

/* One run, from the first look at the host to the last sweep. */
struct run {
	const struct transaction_request *q;
	struct transaction_result *result;
	struct executor x;
	struct strv staged;
	struct interrupt interrupt;
	struct seal previous; /* of the transaction before this one */
	int directory;
	bool tried; /* it did not fail: it was only tried (transaction_request's well()) */
	bool commit_tried; /* its record may be on disk, or not */
};

/*
 * The transaction's directory, a timer where it is to be confirmed, snapshot, staged files and INTENT (J1, J2).
 * After a failure run_abandon() takes away what of it is there.
 */
int run_prepare(struct run *run, struct error *err);
void run_abandon(struct run *run);

/* No timer has anything to undo any more. */
void run_end_wait(struct run *run);

/* A phase that began then, by clock_ms(), is over. */
void run_tell(struct run *run, const char *phase, double since);
