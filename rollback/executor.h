#pragma once

/*
 * One execution of a transaction: its plan, its directory and its journal, and the walks up and
 * down over the stages. Running a plan, undoing it and recovering after a crash share it.
 */

#include <stdbool.h>

#include "engine/effect/effector.h"
#include "rollback/drain.h"
#include "rollback/journal.h"
#include "rollback/mover.h"

struct executor {
	struct mover mover;
	struct effector *effector;
	struct journal journal;
	struct drain drain; /* around the first restart on the way up */
	bool later; /* others may have done something since the run: it is recovered */
	bool waits; /* it was let wait to be confirmed, and has time left */
	bool left_out; /* the way back left a handler out, beside what others changed */
	unsigned *begun; /* by stage: HANDLER_BIT()s of those that may have run */
	unsigned *
		open; /* likewise of those that the journal has as begun with something that goes along */
	void (*phase)(void *data, const char *name, double milliseconds); /* may be NULL */
	void *data;
};

/* Readies `begun` and `open` for the mover's plan. */
void executor_init(struct executor *x);

/* As a journal tells it: those with an EFFECT_BEGIN, and not undone yet. */
void executor_mark_begun(struct executor *x, const struct records *records);

/*
 * Of a run that was broken off: the effector is told which units ran when a handler began, in this boot, that
 * has not ended, and what the kernel's settings were that it makes the kernel write along; of no records, that
 * there is nothing of that. When all else is as before, executor_start_again() has those
 * run again that are down, and names in ret_left what does not start.
 */
void executor_tell_ran(struct executor *x, const struct records *records);
void executor_start_again(struct executor *x, struct strv *ret_left);

void executor_clear(struct executor *x);

/*
 * Walks up: all files in place, all handlers run, each effect journaled before it is made
 * (J3). Stops at the first failure, and at a signal (-EINTR).
 */
int executor_up(struct executor *x, struct error *err);

/*
 * Walks down to the host as it was: for each stage whose handlers may have run, the files
 * first, then the handlers back. After a handler that fails the files still go all the way, but
 * for a daemon's file that would lose live-restore by it (J10): then they stop at the last boundary
 * that has it. The handlers of earlier stages are left out: they may count on it (J3). So they are
 * after one that would make somebody read a file that others changed: it is not run, but where who takes
 * it back was told what that brings.
 * `here` false (this boot is another one than the run's, and had not begun to wait: effects are gone with
 * the kernel that had them) leaves handlers out, but for systemd, which has read unit files already, for
 * audit rules and kernel settings that the boot loaded from files, and for a dockerd that was started
 * since and has other values than before. The account that the plan made for userns-remap goes last, and stays,
 * named, where dockerd or a file that stays needs it. What could not be put back is named in ret_left. Negative only
 * when the walk itself could not go on.
 */
int executor_down(struct executor *x, bool here, struct strv *ret_left, struct error *err);
