#pragma once

/* What the files of start-trial.h share. All but the first run in a child, behind fork(). */

#include "engine/host/write/start-trial.h"
#include "engine/host/write/trial-impl.h"

/* What the child sends before the bytes that were printed. */
struct start_report {
	int end, code;
};

/* start-view.c: in the child that has the namespaces. 0, or the step that failed. */
int start_view_make(const struct start_trial *t);

/* Likewise what only the first process of the new PID namespace can make. */
int start_view_finish(const struct start_trial *t);

/* start-watch.c: starts both and waits. 0 and the report, or the step that failed. */
int start_watch(const struct start_trial *t, struct start_report *ret);

#define START_SAID TRIAL_SCRATCH "/said"
#define START_CONTAINERD_SAID TRIAL_SCRATCH "/said-containerd"
#define START_NOTIFY TRIAL_SCRATCH "/notify"
