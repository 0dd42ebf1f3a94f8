#pragma once

/*
 * Disks that remember what they were told: a FUSE file system of its own process with the files
 * `disk0`, `disk1`, ... and `mark`. A loop device on such a file is a block device; each of its
 * writes and flushes goes to the log, and so does each text that is written to `mark`. The
 * bases are not changed. (log.h has the form of the log.)
 *
 * After the mark "BEGIN" it can also fail: the n-th write or flush, once or from there on. A
 * write that fails is not made.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "tests/power/log.h"

struct recorder_order {
	enum log_kind what; /* LOG_WRITE, LOG_FLUSH: fails; LOG_MARK: nothing fails */
	size_t at; /* from 1 */
	bool sticky;
};

/* Mounts it on `directory`; the process, or negative errno. It dies with its parent. */
pid_t recorder_start(const char *directory, char *const *bases, size_t count, const char *log,
		     struct recorder_order order);
void recorder_stop(pid_t recorder, const char *directory);
