#include "rollback/confirm.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "rollback/announce.h"
#include "rollback/journal.h"
#include "rollback/mover.h"
#include "rollback/transaction-directory.h"
#include "rollback/waiting.h"
#include "rollback/witness.h"

void standing_clear(struct standing *s)
{
	free(s->failure);
	free(s->left);
	free(s->told);
	*s = (struct standing){0};
}

int standing_read(const struct state *state, const char *id, struct standing *ret,
		  struct error *err)
{
	CLEANUP(close_fd) int directory = state_open_txn(state, id, false, err);
	CLEANUP(records_clear) struct records records = {0};
	const struct record *done;
	int r = directory < 0 ? directory : journal_read(directory, &records, err);

	if (r < 0)
		return r;
	ret->state = records_state(&records);
	done = records_find(&records, RECORD_UNDO_DONE);
	ret->failure = record_text(records_find(&records, RECORD_UNDO_BEGIN), "failure");
	ret->left = record_text(done ? done : records_find(&records, RECORD_STUCK), "left");
	if (!ret->failure && !done) /* its undo could not begin */
		ret->failure = record_text(records_find(&records, RECORD_STUCK), "failure");
	ret->told = record_text(done, "told");
	ret->waited = records_find(&records, RECORD_WAITING) != NULL;
	return ret->state == TRANSACTION_WAITING
		       ? wait_look(&records, &ret->left_usec, &ret->until_usec, err)
		       : 0;
}

/* One that waits, with its journal open for what becomes of it. */
struct waiting {
	int directory;
	struct journal journal;
	struct records records;
	struct wait wait;
	uint64_t left_usec;
};

#define WAITING_INIT                                                                               \
	{                                                                                          \
		.directory = -1, .journal = JOURNAL_INIT                                           \
	}

static void waiting_clear(struct waiting *w)
{
	journal_close(&w->journal);
	records_clear(&w->records);
	wait_clear(&w->wait);
	close_fd(&w->directory);
}

static int waiting_open(const struct state *state, const char *id, struct waiting *ret,
			struct error *err)
{
	CLEANUP(instant_clear) struct instant now = {0};
	enum transaction_state how;
	int r;

	ret->directory = state_open_txn(state, id, false, err);
	if (ret->directory < 0)
		return ret->directory;
	r = journal_open(ret->directory, &ret->journal, &ret->records, err);
	if (r < 0)
		return r;
	how = records_state(&ret->records);
	if (how != TRANSACTION_WAITING)
		return error_set(err, -ESTALE, "transaction '%s' does not wait: it is %s", id,
				 transaction_state_to_string(how));
	r = wait_read(&ret->records, &ret->wait, err);
	if (r < 0)
		return r;
	instant_now(&now);
	ret->left_usec = wait_left(&ret->wait, &now);
	return ret->left_usec ? 0 : error_set(err, -ETIME, "the time to confirm '%s' is over", id);
}

/* As after any commit: what is staged goes; where it does not, recovery sweeps. */
static void sweep(const struct root *root, struct waiting *w)
{
	CLEANUP(strv_clear) struct strv staged = {0};

	if (transaction_read_staged(w->directory, &staged, NULL) >= 0 &&
	    mover_sweep(root, &staged, NULL) >= 0)
		journal_note(&w->journal, RECORD_SWEPT, "{}", NULL);
}

int confirm_transaction(const struct state *state, const struct root *root, struct effector *e,
			const char *id, struct error *err)
{
	CLEANUP(waiting_clear) struct waiting w = WAITING_INIT;
	int r = waiting_open(state, id, &w, err);

	if (r >= 0)
		r = seal_append(&w.journal, RECORD_COMMIT, "{}", err);
	if (r < 0)
		return r;
	witness_settle(state);
	sweep(root, &w);
	announce_records(e, ANNOUNCED_CONFIRMED, id, &w.records);
	wait_end(e, id, w.wait.number);
	return 0;
}

int confirm_extend(const struct state *state, struct effector *e, const char *id,
		   uint64_t more_usec, struct error *err)
{
	CLEANUP(waiting_clear) struct waiting w = WAITING_INIT;
	int r = waiting_open(state, id, &w, err);

	if (r < 0)
		return r;
	if (w.left_usec + more_usec > WAIT_MOST_MS * UINT64_C(1000))
		return error_set(err, -ERANGE, "'%s' would wait for more than %d hours", id,
				 WAIT_MOST_MS / 3600000);
	return wait_extend(&w.journal, e, id, &w.wait, w.left_usec + more_usec, err);
}
