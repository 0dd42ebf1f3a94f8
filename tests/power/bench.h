#pragma once

/*
 * The bench of one file system: the host of tests/crash/scene.h on one disk, with its /var/lib
 * on a second one, or with the state on a third one too, where no target is; the runs of harden
 * on it that are recorded; and a second set of devices on which states are laid out (layout.h).
 *
 * All lies in a directory on a tmpfs of this process's own mount namespace.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/strv.h"
#include "tests/crash/victim.h"
#include "tests/power/disk.h"
#include "tests/power/pace.h"
#include "tests/power/points.h"
#include "tests/power/recorder.h"
#include "tests/power/stand.h"

enum base {
	BASE_FRESH,
	BASE_APPLIED,
	BASE_WAITING, /* applied, and to be confirmed */
	BASE_OVERDUE, /* ... and nobody has done so in time */
	BASE_CUT,
	BASE_COUNT,
};

struct bench {
	const struct filesystem *fs;
	size_t ndisks;
	const char *work;
	char *bases[BASE_COUNT][MAX_DISKS];
	struct world worlds[BASE_COUNT];
	struct strv before, after; /* the host's trees (tests/crash/tree.h) */
	struct stand recorded, state;
	struct device devices[MAX_DISKS]; /* of states */
	char *images[MAX_DISKS];
	char *world, *messages, *log;
	struct report *report; /* shared with the children */
};

/* What children tell. */
struct report {
	unsigned hits[POINT_COUNT];
	int pre_status, code, post_status;
};

/* A run to record. */
struct task {
	enum base base;
	enum victim_op op;
	enum victim_mutant mutant;
	bool back; /* the transaction that it is about is a rollback */
	int unhealthy;
	struct points points;
	struct pace pace; /* mode, seed, kill_at */
	bool recover_then; /* `recover` follows, on the same boot */
	bool other_boot;
	struct recorder_order order;
};

/* 0 or negative errno, after a message. */
int bench_open(struct bench *b, const struct filesystem *fs, size_t ndisks, const char *work);
void bench_close(struct bench *b);

/*
 * Runs the task and reads what the disks were told, between the marks BEGIN and END. The exit
 * code of the (last) run, 128 + signal when it was killed, or negative errno.
 */
int bench_record(struct bench *b, const struct task *t, struct log *ret, size_t *ret_calls);

/* Takes what is on the images of states, a cut in a run that began with `from`, as BASE_CUT. */
int bench_take_cut(struct bench *b, enum base from);
