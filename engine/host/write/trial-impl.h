#pragma once

/* What trial.c and start-trial.c share: the view, made in a child, and how a child is followed. */

#include "engine/base/strv.h"
#include "engine/host/write/trial.h"

#define TRIAL_SCRATCH "/tmp" /* in the view an empty tmpfs, which nobody else sees */
#define TRIAL_MAX_OUTPUT (64U << 10)

/* Exit codes of the child as long as the program has not begun: one for each part that can fail. */
enum trial_step {
	TRIAL_NAMESPACE = 201,
	TRIAL_READ_ONLY,
	TRIAL_SCRATCH_DIRECTORY,
	TRIAL_OVERLAY,
	TRIAL_FILES,
	TRIAL_EXEC,
	/* of start-trial.c alone */
	TRIAL_EMPTY,
	TRIAL_DEVICES,
	TRIAL_PROC,
	TRIAL_NETWORK,
	TRIAL_RIGHTS,
	TRIAL_SOCKET,
};

/* What of a view an exit code says that it cannot be had, for people; NULL: it is none of these. */
const char *trial_step_text(int code);

/* A tmpfs at that directory, for what may be lost. 0 or negative errno. */
int trial_tmpfs(const char *directory, const char *mode);

/* The directories above the path, as far as they are missing. 0 or negative errno. */
int trial_make_above(const char *path);

/*
 * In a child, and for good: namespaces of its own (CLONE_* flags), all read-only but for the scratch, /etc and
 * the directories of the files (and of `more`, paths that are to be made in it), over which overlays lie. 0, or
 * the step that failed.
 */
int trial_make_view(int namespaces, const struct trial_file *files, size_t count,
		    const struct strv *more);

/*
 * The first steps of any child: it ends with its parent, is a group of its own, leaves no core, and makes files
 * with the umask that services have.
 */
void trial_begin_child(void);

/*
 * A child at the end of a pipe: 0 in it, with the pipe's writing end in *ret_output; in the parent the child's
 * pid, with the reading end, which the caller closes. Negative errno, with err.
 */
pid_t trial_fork(int *ret_output, struct error *err);

/* All that comes from there until its end; 0, -ETIMEDOUT, or negative errno. */
int trial_take_output(int fd, double deadline, size_t most, struct buf *ret);

/* How a child ended: its exit code, 128 and the signal, or negative errno. */
int trial_wait_child(pid_t pid);
