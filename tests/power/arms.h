#pragma once

/* The runs that are recorded, and how many of their states were bad. */

#include "tests/power/judge.h"

enum arm {
	ARM_APPLY,
	ARM_ROLLBACK,
	ARM_UNDO, /* an apply whose health check fails */
	ARM_UNDO_ROLLBACK,
	ARM_DOUBT, /* an apply whose COMMIT is durable, but said to have failed */
	ARM_ABANDON, /* an apply whose journal is durable, but said to have failed */
	ARM_KILL, /* an apply killed anywhere, then recovery on the same boot */
	ARM_KILL_COMMIT, /* ... killed between COMMIT and its sync */
	ARM_KILL_ROLLBACK,
	ARM_RECOVER, /* recovery after a cut in an apply */
	ARM_RECOVER_ROLLBACK,
	ARM_RECOVER_LATE, /* ... cut when COMMIT is on the disk, and the file not that long yet (J9) */
	ARM_KILL_RECOVER, /* recovery after a cut, killed anywhere, then recovery once more */
	ARM_WAIT, /* an apply that is to be confirmed, and waits on after the cut */
	ARM_WAIT_OVER, /* ... whose time is over when the power is back */
	ARM_CONFIRM,
	ARM_OVERDUE, /* the undo of what nobody confirmed, by its timer */
	ARM_OVERDUE_BOOT, /* ... by the unit of a boot */
	ARM_COUNT,
};

/* What an arm does. In terms of its own transaction: before is what a rollback begins with. */
struct arm_kind {
	const char *name;
	enum victim_op op; /* of the transaction */
	enum point lie, kill;
	enum base base; /* what it begins with; a rollback with what is applied in any case */
	bool other_boot; /* than what it begins with was made in */
	bool cut; /* what is recorded is the recovery after a cut in it */
	bool cut_late; /* ... when its COMMIT record is written */
	bool kill_anywhere; /* ... or the run is killed, and recovery follows */
	int unhealthy;
	int code; /* how it must end */
	unsigned images; /* enum image_seen: with what */
};

extern const struct arm_kind arms[ARM_COUNT];

struct tally {
	size_t runs, writes, flushes;
	size_t cuts; /* moments and parts of what was pending */
	size_t states; /* different ones, each mounted and recovered */
	size_t bad; /* cuts that broke a promise */
	size_t hits[POINT_COUNT]; /* how often each point was met */
};

struct arm_run {
	enum arm arm;
	enum pace_mode mode;
	uint64_t seed;
	size_t limit; /* cuts */
	const bool *skip; /* by point; NULL: none */
	bool stop_at_bad; /* one is enough */
	int verbose;
};

/* Whether another seed records another run, and not the same one once more. */
bool arm_has_seeds(enum arm arm, enum pace_mode mode);

void tally_add(struct tally *to, const struct tally *more);

/* Records and judges; adds to the tally. Negative errno when it could not be done at all. */
int arm_run(struct bench *b, const struct arm_run *run, struct tally *tally);
