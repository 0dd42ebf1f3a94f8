#pragma once

/*
 * The one way to a restart of dockerd, for every command and for the way back too. It waits until
 * systemd is done with what others asked of docker.service, looks at the host as it is then, and
 * lets a restart through only where no container ends by it that the plan did not name: none has a
 * process, or live-restore is in force (dockerd itself says so) and will be at the next start, or
 * all that run are named. Nor does one pass that would have dockerd look elsewhere for containers that run,
 * for what we bring: they came since it was planned. A node of a swarm that it would lock has to have been told of, too. What
 * could not be found out counts against it.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/effect/effector.h"
#include "engine/host/write/bus-job.h"
#include "engine/model/effect.h"
#include "engine/model/facts.h"
#include "engine/model/stopped.h"

struct gate_state {
	char *active; /* ActiveState of docker.service */
	bool job; /* systemd has something to do with it yet */
	bool unloaded; /* it is masked, or its file is gone: systemd takes no job for it */
};

struct gate_start;

struct restart_gate_ops {
	int (*state)(void *host, struct gate_state *ret, struct error *err);
	int (*pause)(void *host, int ms, struct error *err); /* -EINTR */
	int (*look)(void *host, struct facts *ret, struct error *err);
	int (*shims)(void *host, struct strv *ret_ids, struct error *err);
	int (*job)(void *host, enum bus_job job, const char *unit, struct error *err);
	/* 0: the dockerd that runs answers its API; negative: not within some seconds, and why */
	int (*answers)(void *host, struct error *err);
};

struct restart_gate {
	const struct restart_gate_ops *ops;
	void *host;
	const struct stopped_list *may_stop; /* containers that the plan named; NULL: none */
	const struct effects
		*towards; /* what the restart is to bring into force; NULL: nothing of ours */
	const struct gate_start
		*then; /* dockerd's next start when the run began; NULL: not known */
	const struct own_start *own; /* what of it is the run's */
	bool lock_was_told; /* that the restart may lock this node of a swarm */
	bool ought_to_run; /* dockerd is to be started where it is down: nobody has stopped it */
	int settle_ms;
};

/*
 * Waits until docker.service is neither reloading nor on its way up or down; its ActiveState into
 * ret_active, the caller frees it. -ETIMEDOUT when that takes longer than settle_ms.
 */
int restart_gate_settle(const struct restart_gate *gate, char **ret_active, struct error *err);

/* Runs the job if it may; -EPERM and the reason when it may not. */
int restart_gate_pass(const struct restart_gate *gate, enum bus_job job, const char *unit,
		      struct error *err);

/*
 * Whether the daemon's file may lose live-restore: a dockerd runs and answers, and can be told to give
 * it up, or no container has a process that its next start would end. One that does not run and ought to is started.
 */
int restart_gate_give_up_live(const struct restart_gate *gate, const char *unit, struct error *err);

/* 0, or -EPERM with the reason: the judgement alone. `up`: dockerd runs, so it is stopped first. */
int restart_gate_judge(const struct facts *facts, const struct strv *shims,
		       const struct stopped_list *may_stop, bool up, struct error *err);

/*
 * Whether the list names the container: "web" or "web (stays stopped)". A task of a swarm stands
 * for those that take its place: "web.1.ID".
 */
bool container_is_named(const struct stopped_list *names, const char *container);
