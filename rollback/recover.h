#pragma once

/*
 * After a crash: undoes what was broken off, finishes the sweeping of what was decided. At the end of its
 * time: undoes what nobody has confirmed; before, and at each boot, sees to the timer that has this run then.
 * May be called any number of times, and broken off itself.
 */

#include "engine/effect/effector.h"
#include "rollback/transaction.h"

struct recovery {
	size_t undone, finished; /* transactions */
	struct strv notes; /* a line for each thing done */
	struct strv left; /* what needs a person */
	struct strv
		held; /* why what was to be taken back was not begun, and waits on: one line, or none */
	struct strv open; /* the ids of those transactions */
	struct strv broken_off; /* the ids of applies that were, and are put back now */
	struct strv waiting; /* the ids of those that wait to be confirmed, and were left alone */
	bool left_out; /* of what was put back, a handler, beside what others changed */
	bool out_of_service; /* the host may be, for all that was tried: `notes` say what puts it back */
	bool met_foreign; /* some of it because others changed it: it could be kept */
};

void recovery_clear(struct recovery *r);

/*
 * 0, also when there was nothing to do; -EUCLEAN when something is left for a person. With
 * `keep_foreign` that person has decided: what others changed meanwhile stays as it is, and is
 * noted; so is what could not be brought into force again beside it.
 */
int recover(struct state *state, const struct root *root, struct effector *effector,
	    bool keep_foreign, struct recovery *ret, struct error *err);

/*
 * The same, and undoes the one of this id now if it waits to be confirmed. As at the end of its time, what
 * others changed meanwhile stays theirs. -EPERM: something speaks against it (held-down.h), nothing of it was begun,
 * and it waits on; ret->held says so beside an -EUCLEAN as well.
 */
int recover_taking_back(struct state *state, const struct root *root, struct effector *effector,
			const char *id, struct recovery *ret, struct error *err);
