#pragma once

/* What recovery's files share: recover.c decides what each transaction needs, recover-undo.c undoes one. */

#include "rollback/executor.h"
#include "rollback/recover.h"
#include "rollback/transaction-directory.h"
#include "rollback/waiting.h"

/* Why one is undone: for its journal, and as the beginning of what is told. */
struct cause {
	const char *failure, *fate;
};

/* One transaction that may need something. */
struct patient {
	const char *id;
	const struct cause *cause;
	bool take_back; /* at once, where it waits */
	struct wait wait; /* number 0: it never waited */
	int directory;
	struct records records;
	struct transaction_head head;
	struct plan plan;
	struct strv staged;
	struct executor x;
};

int undo_patient(struct state *state, struct patient *p, const struct root *root,
		 struct effector *effector, struct recovery *ret, struct error *err);

/*
 * Nobody is there to be asked when its time is over: what others changed meanwhile stays theirs, then and
 * when the undo was broken off.
 */
int undo_waiting(struct state *state, struct patient *p, const struct root *root,
		 struct effector *effector, const struct cause *cause, struct recovery *ret,
		 struct error *err);
