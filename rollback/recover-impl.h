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
	bool held; /* its way back is (held-down.h), nothing of it has begun, and it has time left */
	bool drained_since; /* a later one took the host out of service: that one tells how it is now */
	struct wait wait; /* number 0: it never waited */
	int directory;
	struct records records;
	struct transaction_head head;
	struct plan plan;
	struct strv staged;
	struct strv foreseen; /* what its way back does to containers (foreseen.h) */
	struct executor x;
};

/* Whether it waits to be confirmed, by these records of it, and has time left. */
bool patient_waits(const struct patient *p, const struct records *records);

/* recover-drain.c. Puts the host back into service, where the journal says that it may be out. */
void undrain_patient(struct patient *p, const struct root *root, struct recovery *ret);

/* Of one that could not be treated: whether the host may be out, which is appended to `names`. */
bool name_drained(const struct patient *p, struct strv *names);

int undo_patient(struct state *state, struct patient *p, const struct root *root,
		 struct effector *effector, struct recovery *ret, struct error *err);

/*
 * Nobody is there to be asked when its time is over: what others changed meanwhile stays theirs, then and
 * when the undo was broken off.
 */
int undo_waiting(struct state *state, struct patient *p, const struct root *root,
		 struct effector *effector, const struct cause *cause, struct recovery *ret,
		 struct error *err);
