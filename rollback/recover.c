#include "rollback/recover-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/write/write.h"
#include "rollback/pruned.h"
#include "rollback/seal.h"
#include "rollback/transaction-directory.h"
#include "rollback/transaction-remove.h"

static const struct cause broken_off = {"it was broken off", "was broken off"};
static const struct cause overdue = {"it was not confirmed in time", "was not confirmed in time"};
static const struct cause taken_back = {"it was taken back before it was confirmed",
					"was taken back before it was confirmed"};
static const struct cause unguarded = {
	"it waited to be confirmed, and no timer could be made that undoes it in time",
	"waited to be confirmed, and no timer could be made that undoes it in time"};

static void patient_clear(struct patient *p)
{
	executor_clear(&p->x);
	close_fd(&p->directory);
	records_clear(&p->records);
	transaction_head_clear(&p->head);
	wait_clear(&p->wait);
	plan_clear(&p->plan);
	strv_clear(&p->staged);
	strv_clear(&p->foreseen);
}

void recovery_clear(struct recovery *r)
{
	strv_clear(&r->notes);
	strv_clear(&r->left);
	strv_clear(&r->held);
	strv_clear(&r->open);
	strv_clear(&r->waiting);
	strv_clear(&r->broken_off);
	*r = (struct recovery){0};
}

/* Removed by a person while it was in force: what it changed stands. */
static bool is_pruned(const struct state *state, const char *id)
{
	CLEANUP(strv_clear) struct strv pruned = {0};

	return pruned_list(state, &pruned, NULL) >= 0 && strv_contains(&pruned, id);
}

/* It died before it had a journal: the host is untouched but for staged files. Or its removal was broken off. */
static int sweep_unborn(struct state *state, const struct root *root, struct patient *p,
			struct recovery *ret, struct error *err)
{
	bool pruned = is_pruned(state, p->id);
	int r = mover_sweep(root, &p->staged, err);

	if (r >= 0)
		r = transaction_remove_directory(state, p->id, err);
	if (r < 0)
		return r;
	ret->finished++;
	strv_addf(&ret->notes,
		  pruned ? "%s: was pruned while it was in force, and that was broken off; what it "
			   "changed stands, and the rest of it is removed"
			 : "%s: died before it changed anything; swept",
		  p->id);
	return 0;
}

static int sweep_decided(const struct root *root, struct patient *p, struct recovery *ret,
			 struct error *err)
{
	int r = mover_sweep(root, &p->staged, err);

	if (r >= 0)
		r = journal_note(&p->x.journal, RECORD_SWEPT, "{}", err);
	if (r < 0)
		return r;
	ret->finished++;
	strv_addf(&ret->notes, "%s: was decided (%s); swept", p->id,
		  transaction_state_to_string(records_state(&p->records)));
	return 0;
}

/* Nothing is written behind an end: it would be sealed no more, and say the contrary of it. */
static bool has_no_end(const struct patient *p)
{
	CLEANUP(records_clear) struct records records = {0};

	return journal_read(p->directory, &records, NULL) >= 0 && !seal_end(&records);
}

/* Its time is over, and nothing undoes it: it does not wait any more, and whoever looks is told why. */
static int undo_overdue(struct state *state, struct patient *p, const struct root *root,
			struct effector *effector, struct recovery *ret, struct error *err)
{
	CLEANUP(freep) char *payload = NULL;
	int r = undo_waiting(state, p, root, effector, &overdue, ret, err);

	if (r >= 0 || !has_no_end(p))
		return r;
	payload = transaction_note_format(overdue.failure, error_text(err));
	journal_note(&p->x.journal, RECORD_STUCK, payload, NULL);
	return r;
}

static int treat_waiting(struct state *state, struct patient *p, const struct root *root,
			 struct effector *effector, struct recovery *ret, struct error *err)
{
	CLEANUP(instant_clear) struct instant now = {0};
	struct error why = {0};
	int r;

	instant_now(&now);
	if (p->take_back)
		return undo_waiting(state, p, root, effector, &taken_back, ret, err);
	if (wait_left(&p->wait, &now) == 0)
		return undo_overdue(state, p, root, effector, ret, err);
	r = wait_go_on(&p->x.journal, effector, p->id, &p->wait, &why);
	if (r >= 0) {
		strv_add(&ret->waiting, p->id);
		return 0;
	}
	strv_addf(&ret->notes, "%s: %s", p->id, error_text(&why));
	error_clear(&why);
	return undo_waiting(state, p, root, effector, &unguarded, ret, err);
}

/* One that is not over: by whether it waits, or did before its undo was broken off. */
static int treat_open(struct state *state, struct patient *p, const struct root *root,
		      struct effector *effector, enum transaction_state how, struct recovery *ret,
		      struct error *err)
{
	bool waited = records_find(&p->records, RECORD_WAITING) != NULL;
	int r = waited ? wait_read(&p->records, &p->wait, err) : 0;

	if (r < 0)
		return r;
	if (how == TRANSACTION_WAITING)
		return treat_waiting(state, p, root, effector, ret, err);
	return waited ? undo_waiting(state, p, root, effector, p->cause, ret, err)
		      : undo_patient(state, p, root, effector, ret, err);
}

static int treat_unborn(struct state *state, const struct root *root, struct patient *p,
			struct recovery *ret, struct error *err)
{
	int r = transaction_journal_lost(p->directory, err);

	if (r >= 0)
		r = transaction_read_staged(p->directory, &p->staged, err);
	return r < 0 ? r : sweep_unborn(state, root, p, ret, err);
}

static int treat(struct state *state, const struct root *root, struct effector *effector,
		 struct patient *p, struct recovery *ret, struct error *err)
{
	enum transaction_state how;
	bool decided;
	int r;

	p->directory = state_open_txn(state, p->id, false, err);
	if (p->directory < 0)
		return p->directory;
	r = journal_open(p->directory, &p->x.journal, &p->records, err);
	if (r == -ENOENT) {
		error_clear(err);
		return treat_unborn(state, root, p, ret, err);
	}
	if (r >= 0)
		r = transaction_head_parse(&p->head, p->records.items[0].payload, err);
	if (r < 0)
		return r;
	how = records_state(&p->records);
	decided = how == TRANSACTION_COMMITTED || how == TRANSACTION_ROLLED_BACK;
	if (decided && !p->drained_since)
		undrain_patient(p, root, ret);
	if (decided && records_find(&p->records, RECORD_SWEPT))
		return 0; /* nobody needs the list any more, whatever became of it */
	r = transaction_read_staged(p->directory, &p->staged, err);
	if (r < 0)
		return r;
	return decided ? sweep_decided(root, p, ret, err)
		       : treat_open(state, p, root, effector, how, ret, err);
}

bool patient_waits(const struct patient *p, const struct records *records)
{
	CLEANUP(instant_clear) struct instant now = {0};

	instant_now(&now);
	return p->wait.number && wait_left(&p->wait, &now) > 0 &&
	       records_state(records) == TRANSACTION_WAITING;
}

/* It could not be taken back, and nothing of that has begun: it can be kept until its time is over. */
static bool still_waits(const struct patient *p)
{
	CLEANUP(records_clear) struct records records = {0};

	return journal_read(p->directory, &records, NULL) >= 0 && patient_waits(p, &records);
}

/* Whoever would have it back now is told why not; its timer tries again. */
static void name_held(const struct patient *p, const char *why, struct recovery *ret)
{
	strv_addf(&ret->held,
		  "%s: %s; it waits to be confirmed still: 'harden confirm %s' keeps it", p->id,
		  why, p->id);
}

/* A transaction that cannot be read, and is over by what can be read of it, stops nobody. */
static void name_untreated(const struct patient *p, int code, const char *why, struct recovery *ret)
{
	CLEANUP(records_clear) struct records records = {0};
	bool unread = code == -EUCLEAN && p->records.count == 0 && p->directory >= 0;

	if (unread && journal_salvage(p->directory, &records, NULL) >= 0 &&
	    transaction_is_decided(&records)) {
		strv_addf(&ret->notes,
			  "%s: is damaged, and over: %s; 'harden recover --set-aside %s' takes it "
			  "out of the ledger",
			  p->id, why, p->id);
		ret->out_of_service |= name_drained(p, &ret->notes);
		return;
	}
	strv_addf(&ret->left, "%s: %s", p->id, why);
	name_drained(p, &ret->left);
	if (still_waits(p))
		strv_addf(&ret->left,
			  "%s: it waits to be confirmed still: 'harden confirm %s' keeps it", p->id,
			  p->id);
	else
		strv_add_once(&ret->open, p->id);
}

static int recover_all(struct state *state, const struct root *root, struct effector *effector,
		       bool keep_foreign, const char *take_back, struct recovery *ret,
		       struct error *err)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	bool drained = false;
	int r;

	if (state->fd < 0)
		return 0;
	interrupt_block();
	/* a record that is only in the page cache must not decide: it could still be lost */
	r = write_sync_fs(state->fd, err);
	if (r >= 0)
		r = state_transactions(state, &ids, err);
	for (size_t i = ids.count; i > 0 && r >= 0; i--) { /* the newest first */
		CLEANUP(patient_clear)
		struct patient p = {
			.id = ids.items[i - 1],
			.cause = &broken_off,
			.take_back = strcmp_null(take_back, ids.items[i - 1]) == 0,
			.drained_since = drained,
			.directory = -1,
			.x = {.journal = JOURNAL_INIT, .mover = {.keep_foreign = keep_foreign}}};
		struct error why = {0};

		int treated = treat(state, root, effector, &p, ret, &why);

		if (p.held && p.take_back)
			name_held(&p, error_text(&why), ret);
		else if (treated < 0)
			name_untreated(&p, treated, error_text(&why), ret);
		drained |= records_find(&p.records, RECORD_DRAIN) != NULL;
		error_clear(&why);
	}
	if (r >= 0 && ret->left.count)
		r = error_set(err, -EUCLEAN, "%zu things need a person", ret->left.count);
	else if (r >= 0 && ret->held.count)
		r = error_set(err, -EPERM, "refused: %s", ret->held.items[0]);
	return r;
}

int recover(struct state *state, const struct root *root, struct effector *effector,
	    bool keep_foreign, struct recovery *ret, struct error *err)
{
	return recover_all(state, root, effector, keep_foreign, NULL, ret, err);
}

int recover_taking_back(struct state *state, const struct root *root, struct effector *effector,
			const char *id, struct recovery *ret, struct error *err)
{
	return recover_all(state, root, effector, false, id, ret, err);
}
