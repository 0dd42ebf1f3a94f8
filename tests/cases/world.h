#pragma once

/*
 * What runs on a sandbox's host, played: the kernel's audit rules, systemd, and a dockerd that
 * knows of its settings what it reads. The effector that a transaction is given acts on it, so
 * that its facts afterwards are those of a host on which the effects came into force. It fails
 * where the real ones would: when dockerd would read something else than the effects say, and
 * when a restart would kill containers of which the plan does not tell.
 */

#include "engine/base/buf.h"
#include "engine/effect/effector.h"
#include "engine/host/read/root.h"
#include "engine/model/plan.h"

struct world {
	struct effector effector; /* first: the effector is cast to this */
	const struct root *root;
	char *file; /* facts.yaml */
	struct buf yaml;
	struct facts facts;
	struct strv reread; /* units that systemd has read again */
	struct strv log; /* a line for each handler that ran, one below it for each effect */
	const struct plan *plan; /* being carried out */
};

int world_open(struct world *w, const char *file, const struct root *root, struct error *err);
void world_close(struct world *w);

/*
 * Opening takes what facts.yaml does not say of a running daemon's settings from its config file
 * as it stands then.
 */

/* Gathers anew what depends on files, and keeps what runs. */
int world_refresh(struct world *w, struct error *err);

/*
 * Whether as much is in force in `have` as was in `want`, or as the files of `have` say: what was
 * in force and in no file cannot come back. Appends a line for each difference.
 */
bool world_same_in_force(const struct world *want, const struct world *have,
			 struct strv *ret_differences);
