#pragma once

/*
 * A transaction's directory: txn/ID with its journal, its blobs and the list of the names under
 * which it stages files. The list is durable before the first file is staged, so that a run
 * that died before its journal existed can be swept.
 */

#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/model/plan.h"
#include "rollback/actor.h"
#include "rollback/journal.h"
#include "rollback/seal.h"
#include "rollback/state.h"

#define TRANSACTION_STAMP_LEN 15 /* of YYYYMMDD-HHMMSS */

/*
 * A new id (UTC time and six random hex digits) and its tag, the random part. Ids are in the
 * order of their runs, and that order is what counts: when the clock says that it is not later than
 * the newest of those that are there, the time is the second after that one's.
 */
char *transaction_new_id(const struct strv *others);
const char *transaction_tag(const char *id);

int transaction_write_staged(int directory, const struct strv *paths, struct error *err);
int transaction_read_staged(int directory, struct strv *ret, struct error *err);

/* As `bisect`, where what failed has no id: dockerd's trial refused it before anything was written. */
#define BISECT_OF_TRIAL "trial"

/* The HEADER and INTENT records of a run; payloads are owned by the caller. */
struct transaction_head {
	char *id, *kind, *of, *only, *boot_id;
	char *bisect; /* the id of the apply whose culprit is sought by this one, or was; BISECT_OF_TRIAL; NULL: none */
	char *started_with; /* witness_proven() when it began; NULL: not known */
	bool dockerd_asked; /* it ran when this began, and told what it had in force */
	uint64_t started_usec;
	struct actor by; /* who began it */
	bool chained; /* it says what was before it; false: an earlier version wrote it */
	struct seal previous; /* id NULL: it was the first */
};

void transaction_head_clear(struct transaction_head *h);
char *transaction_head_format(const struct transaction_head *h);
int transaction_head_parse(struct transaction_head *ret, const char *payload, struct error *err);

/* Of a journal's records, be they all that could be saved of it. -EUCLEAN: there is no head, or none to read. */
int transaction_head_of(const struct records *records, struct transaction_head *ret,
			struct error *err);

/* The text of one member of a record's payload; NULL: no record, or no such text. The caller frees it. */
char *record_text(const struct record *record, const char *key);

/* The plan in an INTENT record; its images have no contents yet (blobs_load()). */
int transaction_plan(const struct records *records, const char *id, struct plan *ret,
		     struct error *err);

/*
 * Of a directory in which there is no journal: -EUCLEAN where there was one, since what it counts
 * on is there. 0: it died before it had one, or its removal was broken off; nothing of it stands.
 */
int transaction_journal_lost(int directory, struct error *err);

/* Adds what their directories hold; -ENOENT where one is not there. */
int transaction_sizes(const struct state *state, const struct strv *ids, uint64_t *bytes,
		      struct error *err);

/* The payload of UNDO_BEGIN, UNDO_DONE and STUCK: what failed, and what is left (lines; NULL: nothing). */
char *transaction_note_format(const char *failure, const char *left);

/* The same with what else whoever waits for the end is told (lines; NULL: nothing): nothing of it is left. */
char *transaction_end_format(const char *failure, const char *left, const char *told);

/* The boot id of the running kernel, "" when it cannot be read; the caller frees it. */
char *current_boot_id(void);

/* -EIO for "": what is in force must not be taken for another boot's only because of that. */
int check_boot_id(const char *boot_id, struct error *err);
