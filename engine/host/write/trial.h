#pragma once

/*
 * A program run in a view of the root that goes with it: what it writes, the host never sees.
 * In a mount namespace of its own everything is read-only, but for /etc and the directories of the
 * planned files, over each of which an overlay on a tmpfs lies; those files stand in it already. It has no network. Host, write
 * side, since it starts a process.
 */

#include <stddef.h>
#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

struct trial_file {
	const char *path; /* absolute, not in the root directory itself */
	const void *bytes; /* NULL: it is not there in the view */
	size_t n;
	mode_t mode;
};

/*
 * Runs argv[0], an absolute path, with a clean environment and no standard input, for at most so
 * long. Its exit code, with its output in *ret_output; -EOPNOTSUPP when this kernel or root has no
 * way to such a view (the message says which part), -ETIMEDOUT when it was ended for its time.
 */
int trial_run(char *const argv[], const struct trial_file *files, size_t count, int timeout_ms,
	      struct buf *ret_output, struct error *err);
