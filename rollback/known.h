#pragma once

/*
 * What was read of the ledger in this run: a journal is parsed once, however often a command asks what
 * the transactions are. It belongs to the state that it was read through, and is gone with it. A journal
 * that is another file by now, or was written since, is read again; what was lent of it before stays good
 * until the state is closed.
 */

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "rollback/state.h"
#include "rollback/summary.h"

/* By what a journal is told from a later one of the same transaction. */
struct known_mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

/*
 * How the journal is now, to be asked before it is read. false: it is not there, or so young that a
 * write could follow within one tick of the file system's clock: then nothing is kept of it.
 */
bool known_look(const struct state *s, const char *id, struct known_mark *ret);

/* Lends what is known of the journal with this mark, with the contents of its images or without. */
bool known_lend(const struct state *s, const char *id, const struct known_mark *mark,
		bool with_contents, struct transaction_summary *ret);

/* Keeps what was read, and makes *t a loan of it. */
void known_keep(const struct state *s, const struct known_mark *mark, bool with_contents,
		struct transaction_summary *t);
