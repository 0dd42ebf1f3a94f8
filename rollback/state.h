#pragma once

/*
 * The state directory (/var/lib/harden, 0700): one lock, and one directory a transaction with its
 * journal and its blobs. The lock is a flock() on a file in it, which the kernel drops when
 * its holder dies.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"

#define STATE_DIR "/var/lib/harden"
#define STATE_LOCK "lock"
#define STATE_WITNESS "running.json"

/* What somebody keeps with a state until it is closed: what was read of it (known.h). */
struct state_keep {
	void *kept; /* NULL: nothing yet */
	void (*free)(void *kept);
};

struct state {
	int fd; /* the directory; -1 when it does not exist (nothing was ever applied) */
	int lock_fd; /* -1: not locked */
	char *path;
	struct state_keep *keep; /* shared by copies of the state; NULL: nothing can be kept */
};

#define STATE_INIT                                                                                 \
	{                                                                                          \
		.fd = -1, .lock_fd = -1                                                            \
	}

/* With `create` the directory is made; without, a missing one is fine and gives fd == -1. */
int state_open(struct state *s, const struct root *root, bool create, struct error *err);

/* Waits at most timeout_ms for another run to end; -EWOULDBLOCK when it did not. */
int state_lock(struct state *s, int timeout_ms, struct error *err);
void state_unlock(struct state *s); /* for another run, while this one only looks on */
void state_close(struct state *s);

/*
 * What is found in the state is put back one day: -EPERM unless it is of this type (S_IFREG, ...),
 * ours, and nobody else can write it.
 */
int state_check_ours(int fd, mode_t type);

/*
 * error_errno() about `name` in the directory behind fd, or fd itself: "cannot make the journal
 * '/...'".
 */
int state_error(struct error *err, int r, int fd, const char *name, const char *what);

/*
 * Appends the whole of the state's own file `name`; 0 also where there is no such file, or no state.
 * -EFBIG above `limit` bytes; the error names the file.
 */
int state_read(const struct state *s, const char *name, size_t limit, struct buf *ret,
	       struct error *err);

/*
 * Appends whole lines to the state's own file `name`, which is made where there is none; durable when it returns
 * 0. What a crash left of a line before stays a line of its own. The state is open, and locked.
 */
int state_append(const struct state *s, const char *name, const struct buf *lines,
		 struct error *err);

/* The ids of all transactions, oldest first. */
int state_transactions(const struct state *s, struct strv *ret, struct error *err);

/* What lies among them and is none by its name: it is told of, passed over and never removed. */
int state_strays(const struct state *s, struct strv *ret, struct error *err);

/*
 * A transaction's directory, made with `create` (-EEXIST when it is there); a descriptor of the
 * caller's.
 */
int state_open_txn(const struct state *s, const char *id, bool create, struct error *err);
