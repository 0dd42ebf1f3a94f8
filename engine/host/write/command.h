#pragma once

/*
 * A program of the site's, run as it stands: no arguments, no shell, a clean environment, no standard
 * input. Host, write side, since it starts a process.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/interrupt.h"

/* Where it finds programs by their name alone: its PATH. */
#define COMMAND_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * Runs the absolute path for at most so long, in a session of its own. Its exit code, or 128 and the
 * signal that ended it, with the beginning of its output (both streams) in *ret_output. -ETIMEDOUT when
 * it was ended for its time, -EINTR when it was ended because somebody wants the run to end; all that it
 * started in its process group ends with it then.
 */
int command_run(const char *path, int timeout_ms, const struct interrupt *interrupt,
		struct buf *ret_output, struct error *err);
