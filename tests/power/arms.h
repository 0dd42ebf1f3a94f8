#pragma once

/* The runs that are recorded, and how many of their states were bad. */

#include "tests/power/judge.h"

enum arm {
	ARM_APPLY,
	ARM_ROLLBACK,
	ARM_UNDO, /* an apply whose health check fails */
	ARM_DOUBT, /* an apply whose COMMIT is durable, but said to have failed */
	ARM_KILL, /* an apply killed anywhere, then recovery on the same boot */
	ARM_KILL_COMMIT, /* ... killed between COMMIT and its sync */
	ARM_RECOVER, /* recovery after a cut */
	ARM_COUNT,
};

extern const char *const arm_names[ARM_COUNT];

struct tally {
	size_t runs, writes, flushes;
	size_t cuts; /* moments and parts of what was pending */
	size_t states; /* different ones, each mounted and recovered */
	size_t bad; /* cuts that broke a promise */
	size_t hits; /* of the point that is left out */
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

void tally_add(struct tally *to, const struct tally *more);

/* Records and judges; adds to the tally. Negative errno when it could not be done at all. */
int arm_run(struct bench *b, const struct arm_run *run, struct tally *tally);
