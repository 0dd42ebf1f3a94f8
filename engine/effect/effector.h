#pragma once

/*
 * What brings effects into force and says whether the host is well afterwards. The live one
 * talks to systemd, dockerd and the kernel; tests hand in a stub with the same operations.
 */

#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/interrupt.h"
#include "engine/base/strv.h"
#include "engine/effect/announce.h"
#include "engine/model/effect.h"
#include "engine/model/facts.h"
#include "engine/model/gap.h"
#include "engine/model/plan.h"

struct effector;

struct effector_ops {
	/*
	 * Runs one handler so that the effects (those of this handler and direction: `after` is what
	 * shall be) come into force, and confirms that they are. -EIO with the reason when not.
	 */
	int (*run)(struct effector *e, enum handler handler, const struct effects *towards,
		   struct error *err);

	/*
	 * Whether the effects are in force already, each of them told by who keeps it: then it does
	 * not matter that run() failed. 1 or 0; what cannot be told is 0. May be NULL.
	 */
	int (*in_force)(struct effector *e, enum handler handler, const struct effects *towards);

	/*
	 * Whether dockerd runs and tells another value for one of the effects: 1 or 0; what cannot be
	 * told is 0, and nothing is started by the question. NULL: nothing runs here.
	 */
	int (*contradicts)(struct effector *e, const struct effects *towards);

	/*
	 * What a setting of the kernel, a chain of ours or a unit's state is now, in the words of an
	 * effect: 1 and the value, the caller's; 0: there is none such (any more); negative: that cannot
	 * be told. NULL: nothing runs here.
	 */
	int (*value_now)(struct effector *e, struct subject subject, char **ret);

	/*
	 * Whether the daemon's file may lose live-restore now: no container has a process, or dockerd
	 * runs (one that does not and ought to is started first, on the file as it is). Negative with the reason;
	 * what cannot be told is one. NULL: nothing runs here.
	 */
	int (*may_give_up_live)(struct effector *e, struct error *err);

	/*
	 * After remember(): whether dockerd ran then and is down now by somebody's word, and not by a job of ours: 1,
	 * noted as a stop that stays; 0, also where that cannot be told. NULL: nothing runs here.
	 */
	int (*stopped_meanwhile)(struct effector *e);

	/*
	 * Asks dockerd itself whether it would start with the files of the plan, in a view of the
	 * root that goes with the question. 1: it would; 0: it was not asked (why, where that
	 * is odd, in `ret_why`, the caller's); -EPERM with its own words. May be NULL.
	 */
	int (*trial)(struct effector *e, const struct facts *facts, const struct plan *plan,
		     char **ret_why, struct error *err);

	/*
	 * The units that run and that the handler takes down on its way, dockerd's own among them; of a
	 * handler that restarts others, those. To be asked before it: who goes on after a crash in the
	 * middle of it has no other way to know. -ENOENT: there is no systemd. NULL: nothing runs here.
	 */
	int (*takes_along)(struct effector *e, enum handler handler, const struct effects *towards,
			   struct strv *ret, struct error *err);

	/*
	 * Those of a run that was broken off: they ran before, whatever they are now, and run() is to
	 * leave them running. In place of those that were told before; none: they are forgotten. `since_usec`
	 * has for each when the handler began that may have taken it down (CLOCK_MONOTONIC; 0: not known): one that
	 * came up after that and was stopped then is somebody's word, stays down, and is noted.
	 */
	void (*ran_before)(struct effector *e, const struct strv *units,
			   const uint64_t *since_usec);

	/*
	 * What the kernel writes along with the effects (forwarding.h), each by its name and its value of
	 * before. To be asked before run(), which puts them back: who goes on after a crash between has no
	 * other way to know. NULL: nothing runs here.
	 */
	void (*writes_along)(struct effector *e, enum handler handler,
			     const struct effects *towards, struct strv *ret_names,
			     struct strv *ret_values);

	/*
	 * Those of a run that was broken off there: run() puts them back, too, where they are as the kernel
	 * made them. In place of those that were told before; none: they are forgotten.
	 */
	void (*wrote_along)(struct effector *e, const struct strv *names,
			    const struct strv *values);

	/*
	 * When all else is as before: starts those of them that are down, and notes it. -EIO names each
	 * that does not start (start-failed.h) or is left down, since dockerd is.
	 */
	int (*start_again)(struct effector *e, struct error *err);

	/* The host's health as it is now, for comparing later; `facts` were just gathered. */
	int (*remember)(struct effector *e, const struct facts *facts, struct error *err);

	/*
	 * After remember(): what containers are held against is what another effector remembered of them
	 * before. What was tried since, and put back, may show in them yet: a health check that failed a
	 * while ago counts for less. NULL: nothing runs here.
	 */
	void (*remember_as)(struct effector *e, const struct effector *first);

	/*
	 * Watches until the gate's time is over: docker as it was (active with one InvocationID all
	 * the time, NRestarts unchanged) with the networks that it had, and each container that ran
	 * still runs with its process (or, in `may_stop`, by its restart policy). One that ended by
	 * itself is a note. One whose own health check passed before must not be unhealthy; less than
	 * that is a note. Published ports of TCP that took connections before take them again. -EIO
	 * names what is not well.
	 */
	int (*health)(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		      struct error *err);

	/*
	 * How long published ports took no connection since the first handler ran, as known by now, at least
	 * and at most; with `last` nobody knocks any more. NULL: nothing runs here.
	 */
	void (*gap)(struct effector *e, bool last, struct gaps *ret);

	/*
	 * Sees to it that `harden recover` is run in so long a time, whatever becomes of this process,
	 * by a timer of that name; one that is there already stays as it is, but a later one gives way. disarm() takes it away,
	 * if it is there. NULL, both: nothing runs here.
	 */
	int (*arm)(struct effector *e, const char *name, uint64_t usec, struct error *err);
	void (*disarm)(struct effector *e, const char *name);

	/*
	 * Tells the host's journal what came of a transaction; that it cannot be told changes nothing. NULL:
	 * nobody is told.
	 */
	void (*announce)(struct effector *e, const struct announcement *a);

	void (*free)(struct effector *e);
};

/* Units whose own start fails (start-failed.h), and settings whose value the kernel refuses. */
struct starts {
	bool leave; /* a person said that they stay down, and as they are */
	bool failed; /* that some units did, whether they were left or not */
	bool settings_failed; /* likewise settings */
	struct strv left; /* the names of both */
};

/* What of dockerd's next start a run changes itself; the rest is others'. */
struct own_start {
	struct strv keys; /* settings, as in daemon.json */
	struct strv paths; /* files */
};

struct effector {
	const struct effector_ops *ops;
	/*
	 * What makes run() and health() stop waiting, with -EINTR. NULL on the way back and in
	 * recovery, which must not be broken off.
	 */
	const struct interrupt *interrupt;
	struct starts starts;
	struct strv *notes; /* what health() saw that is no harm of ours; NULL: nobody reads them */
	/* Containers that the plan named as such that stop; NULL: none. Nothing else may be stopped. */
	const struct stopped_list *may_stop;
	/* Of a way back that a person has consented to, those that stop by it; NULL: nobody was asked. */
	const struct stopped_list *consented;
	const struct strv *
		consented_to; /* ... and what else it brings, in the words of its objections; NULL: nothing */
	/* For a restart on which what others changed since remember() must not come along; NULL: not known. */
	const struct own_start *own;
	/*
	 * The host as it is now, for the gate in front of every restart of dockerd. NULL: nobody can
	 * look, and nothing is restarted.
	 */
	int (*look)(void *data, struct facts *ret, struct error *err);
	void *look_data;
	/* Told by health(), some times a second, how long it still watches; NULL: nobody is. */
	void (*watching)(void *data, int left_ms);
	void *watching_data;
	/*
	 * Told about once a second, while a start of dockerd is waited for, what for ("for dockerd to
	 * start"), how long yet and at most; NULL as what: it is over. Nothing is told where it is NULL.
	 */
	void (*waiting)(void *data, const char *what, int waited_ms, int most_ms);
	void *waiting_data;
	/* gap() is to know of each time that a port is away for longer, where that can be had; 0: no matter. */
	int max_gap_ms;
};

/* The live host's effector; the caller frees it through ops->free. */
int effector_live(struct effector **ret, struct error *err);

/* For --root: notes what would have to run, and runs nothing. */
struct effector *effector_offline(void);
