#pragma once

/*
 * dockerd really started for a moment, where it can reach nothing of the host's: in namespaces of its own
 * (mounts, network, processes, names, IPC, control groups), with all of the root read-only but for an overlay
 * on /etc, with empty directories in the place of those that it writes to and of /run, with a /dev of a few
 * harmless devices, and without the rights that no namespace keeps apart (modules, clock, audit, raw devices).
 * It is ended with all that it started as soon as it is up, or gives up. Host, write side, since it starts
 * processes.
 */

#include "engine/base/strv.h"
#include "engine/host/write/trial.h"

struct start_trial {
	struct strv line; /* the program, an absolute path, and its arguments */
	struct strv environment; /* "NAME=value" */
	struct strv empty; /* directories that are empty in the view; they need not be there */
	struct strv bridges; /* that are to be there in its network, empty */
	char *handed_over; /* the socket that systemd would hand it over; NULL: none */
	char *asked; /* the socket at which it is asked /_ping; NULL: only what it tells systemd counts */
	struct strv
		containerd; /* likewise a line, started before it; empty: dockerd starts its own */
	char *containerd_socket;
	const struct trial_file *files; /* borrowed */
	size_t nfiles;
	int timeout_ms;
};

void start_trial_clear(struct start_trial *t);

enum start_end {
	START_UP, /* it said that it is ready, and answered */
	START_GAVE_UP, /* it ended */
	START_SLOW, /* its time was over */
	START_NO_CONTAINERD, /* containerd gave up, or was not there in time */
};

struct start_result {
	enum start_end end;
	int code; /* of who gave up: its exit code, or 128 and the signal */
	struct buf said; /* what it printed, the end of it; containerd's where that failed */
};

void start_result_clear(struct start_result *r);

/*
 * 0 and the result; -EOPNOTSUPP where this kernel or root has no way to such a view (the message says which
 * part), or another negative errno.
 */
int start_trial_run(const struct start_trial *t, struct start_result *ret, struct error *err);
