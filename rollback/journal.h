#pragma once

/*
 * The journal of one transaction: an append-only file of checksummed records.
 *
 * Invariants (the tests name them by their numbers):
 *
 *   J1  The journal appears complete with HEADER and INTENT, or not at all: it is written under
 *       another name, synced, renamed, and its directory is synced. That name is there before
 *       anything is saved, and is taken again when the directory goes: a directory that has
 *       neither, and blobs or RESTORE, has lost its journal (-EUCLEAN).
 *   J2  INTENT is durable before the first change of the host, and everything it needs (blobs,
 *       staged files) is durable before INTENT.
 *   J3  EFFECT_BEGIN is noted before the effect is made, with the units that run and that it may take
 *       down, when it began, and with the settings that the kernel writes along: once it has begun nothing
 *       else tells what they were. So it is on the way back, and there EFFECT_END is noted, too: what was stopped or
 *       set behind it was somebody's word.
 *       On the way back EFFECT_UNDONE of a stage is noted before the next stage's handlers run:
 *       a dockerd that has given up live-restore must not be restarted once more.
 *       Beside a file that others changed, what would read that file is not run back, but where who takes
 *       it back consented to that.
 *   J4  The transaction is kept if and only if COMMIT is durable.
 *   J5  Nobody is told "done" or "rolled back" before the record that says so is durable.
 *   J6  A torn tail is not a record. A damaged record in front of a good one means that somebody
 *       else wrote the file: nothing is touched then (-EUCLEAN).
 *   J7  What a record names is data: paths are walked again from the root, contents are
 *       compared with their digests before they are put back.
 *   J8  A journal of a newer format is refused untouched (-EPROTONOSUPPORT).
 *   J9  Before recovery puts anything back, a record of its own is durable. Behind the end of the
 *       file the disk may have a COMMIT whose length never came to be known; the next record takes
 *       its place, and a file system may know the new length before it has the new bytes (ext4).
 *  J10  The daemon's file loses live-restore only beside a dockerd that runs and can be told, or where
 *       no container has a process; not behind a handler that failed. A dockerd that starts on a file
 *       without it ends the containers that it finds (seen), and anybody may start it.
 *  J11  What is to be confirmed has, from before its first change until it is decided, a timer that runs
 *       recovery: a later one runs before the WAITING that counts on it is noted, and an earlier one goes
 *       only when that is durable.
 *  J12  HEADER names the transaction before it with the digest of what is decided of its journal, and the
 *       record that ends a transaction holds the digest of its own journal before it (seal.h). What is
 *       taken out of the ledger leaves a tombstone that is durable before.
 *
 * File: the 8 bytes "HARDENJ1"; then records: length of the payload, sequence number, type
 * (each 32 bits, little endian), payload, CRC-32C of all of it. Payloads are JSON text.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/base/digest.h"
#include "engine/base/enum-table.h"
#include "engine/base/error.h"

#define JOURNAL_FILE "journal"

enum record_type {
	RECORD_HEADER,
	RECORD_INTENT, /* the plan: what may happen from here on */
	RECORD_APPLIED, /* all files are in place */
	RECORD_EFFECT_BEGIN, /* a handler is about to run */
	RECORD_EFFECT_END, /* it ended well, and what went along with it is as it was */
	RECORD_WAITING, /* for a confirmation */
	RECORD_COMMIT,
	RECORD_UNDO_BEGIN,
	RECORD_UNDO_DONE,
	RECORD_STUCK, /* the undo could not finish; the payload names what is left */
	RECORD_SWEPT, /* nothing of the run is left outside its directory */
	RECORD_EFFECT_UNDONE, /* a stage's handlers ran on the way back: not again */
	RECORD_GAP, /* how long published ports took no connection */
	RECORD_DRAIN, /* the host may be out of service from here on; the payload says what puts it back */
	RECORD_UNDRAINED, /* it was put back */
	RECORD_TYPE_COUNT,
};

ENUM_TABLE_DECLARE(record_type, enum record_type);

struct record {
	enum record_type type;
	char *payload; /* NUL behind it; owned by the records */
	size_t start, end; /* its place in the file, where it was read from one */
};

struct records {
	struct record *items;
	size_t count;
	size_t valid_bytes; /* where the next record goes; anything behind is a torn tail */
};

struct journal {
	int fd; /* -1: closed */
	uint32_t sequence;
	off_t durable; /* this much of the file is known to be on the disk */
	struct buf tail; /* the records behind it */
	struct digest digest; /* of all that it holds */
};

#define JOURNAL_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* What becomes the journal, and what it is again before its directory is removed. */
#define JOURNAL_NEW "journal.new"

/*
 * Makes an empty one of that name, before anything is saved beside it: a directory without either
 * has lost its journal.
 */
int journal_announce(int dir, struct error *err);

/* Makes the journal in the transaction's directory with its first records (J1). */
int journal_create(int dir, const struct record *first, size_t count, struct journal *ret,
		   struct error *err);

/* Reads all records. -ENOENT: there is none; -EUCLEAN, -EPROTONOSUPPORT: J6, J8. */
int journal_read(int dir, struct records *ret, struct error *err);

/* The same in two steps: all bytes as they are, with the errors of opening and reading, ... */
int journal_read_bytes(int dir, struct buf *ret, struct error *err);

/* ... and the records in them; -EUCLEAN, -EPROTONOSUPPORT. */
int journal_parse(const struct buf *bytes, struct records *ret, struct error *err);

/*
 * Of a journal that journal_read() refuses: all records whose checksum is right, whatever stands
 * between them. They tell what became of the transaction, and nothing is put back by them.
 */
int journal_salvage(int dir, struct records *ret, struct error *err);

/* Opens for appending behind the valid records, which it also returns; a torn tail is cut off. */
int journal_open(int dir, struct journal *ret, struct records *ret_records, struct error *err);

/*
 * Appends and syncs; 0 means durable. What was only noted before is written once more: where the
 * disk failed to take that, it may be gone without a word, and the new record would stand behind a
 * hole (J6). After a failure the record is taken back, though it may have reached the disk; what is
 * appended next stands in its place.
 */
int journal_append(struct journal *j, enum record_type type, const char *payload,
		   struct error *err);

/*
 * The same without the sync: for what must outlive this process but not the power. Those are the
 * records of effects, which are gone with the power too; APPLIED and GAP, which only tell how far it
 * got, and how that went; STUCK and SWEPT, without which recovery does once more what it may do any number of times.
 * The next append makes them durable with its own record. (A record behind a lost one would be
 * J6: but file systems make a file longer only when its bytes are there; ext4 not in the block in
 * which it ended, see J9. On ext4 in writeback mode a commit of the file system's own may come in
 * between; then nothing is touched, as J6 says.)
 */
int journal_note(struct journal *j, enum record_type type, const char *payload, struct error *err);
void journal_close(struct journal *j);

const struct record *records_find(const struct records *r,
				  enum record_type type); /* the last one */
void records_clear(struct records *r);
