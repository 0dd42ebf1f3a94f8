#pragma once

/*
 * What is killed: one run of harden's transaction code on a host in a directory, with the stub
 * (stub.h) in place of what runs there. It does what the commands of the same names do, with
 * their exit codes.
 */

#include <stdbool.h>

#include "tests/crash/mutant.h"
#include "tests/crash/scene.h"

enum victim_op {
	VICTIM_APPLY,
	VICTIM_WAIT, /* an apply that is to be confirmed, in VICTIM_WAIT_MS */
	VICTIM_WAIT_OVER, /* ... whose time is over as soon as it has ended */
	VICTIM_CONFIRM,
	VICTIM_ROLLBACK,
	VICTIM_RECOVER,
	VICTIM_SETTLE, /* recover, by a person who leaves what others changed */
	VICTIM_STATUS, /* value: STATUS_NONE, STATUS_ERROR, or what STATUS_*() make of it */
};

#define VICTIM_WAIT_MS 86400000 /* longer than any campaign */

#define STATUS_NONE 100 /* no transaction */
#define STATUS_ERROR 101
#define STATUS_UNDECIDED 102 /* one is neither kept nor put back */
#define STATUS_WAITING 103 /* the newest waits to be confirmed, and all others are decided */
#define STATUS_UNPROVEN 104 /* the chain of the ledger is broken */
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
