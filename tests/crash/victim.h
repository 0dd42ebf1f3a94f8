#pragma once

/*
 * What is killed: one run of harden's transaction code on a host in a folder, with the stub
 * (stub.h) in place of what runs there. It does what the commands of the same names do, with
 * their exit codes.
 */

#include <stdbool.h>

#include "tests/crash/scene.h"

enum victim_op {
	VICTIM_APPLY,
	VICTIM_ROLLBACK,
	VICTIM_RECOVER,
	VICTIM_SETTLE, /* recover, by a person who leaves what others changed */
	VICTIM_STATUS, /* value: STATUS_NONE, STATUS_ERROR, or what STATUS_*() make of it */
};

/* Broken on purpose: each must be found out by the harness. */
enum victim_mutant {
	MUTANT_NONE,
	MUTANT_IN_PLACE, /* apply writes over the files */
	MUTANT_NO_JOURNAL, /* apply exchanges files as it should, but notes nothing */
	MUTANT_EARLY_COMMIT, /* apply says COMMIT before the files are in place */
	MUTANT_LAZY_RECOVER, /* recover does nothing */
	MUTANT_LOSES_XATTR, /* apply drops an attribute in the end */
	MUTANT_NO_EFFECTS_BACK, /* recover puts back files only */
	MUTANT_LIAR, /* says 0 whatever happened */
	MUTANT_COUNT,
};

extern const char *const victim_mutants[MUTANT_COUNT];

#define STATUS_NONE 100 /* no transaction */
#define STATUS_ERROR 101
#define STATUS_UNDECIDED 102 /* one is neither kept nor put back */
#define STATUS_BASE 110 /* + transaction_state + 16 when it is a rollback */

struct victim {
	const char *root, *world;
	const char *socket; /* of the world's dockerd (daemon.h), or NULL */
	enum victim_op op;
	enum victim_mutant mutant;
	enum scene scene;
	int unhealthy; /* the first n looks at the health fail */
	int message_fd; /* where its messages go */
};

/* The exit code. */
int victim_run(const struct victim *v);
