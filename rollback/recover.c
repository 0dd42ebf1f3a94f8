#include "rollback/recover.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/write/write.h"
#include "rollback/blobs.h"
#include "rollback/executor.h"
#include "rollback/harmed.h"
#include "rollback/left-behind.h"
#include "rollback/set-off.h"
#include "rollback/transaction-directory.h"
#include "rollback/waiting.h"
#include "rollback/witness.h"

/* Why one is undone: for its journal, and as the beginning of what is told. */
struct cause {
	const char *failure, *fate;
};

static const struct cause broken_off = {"it was broken off", "was broken off"};
static const struct cause overdue = {"it was not confirmed in time", "was not confirmed in time"};
static const struct cause taken_back = {"it was taken back before it was confirmed",
					"was taken back before it was confirmed"};
static const struct cause unguarded = {
	"it waited to be confirmed, and no timer could be made that undoes it in time",
	"waited to be confirmed, and no timer could be made that undoes it in time"};

/* One transaction that may need something. */
struct patient {
	const char *id;
	const struct cause *cause;
	bool take_back; /* at once, where it waits */
	struct wait wait; /* number 0: it never waited */
	int directory;
	struct records records;
	struct transaction_head head;
	struct plan plan;
	struct strv staged;
	struct executor x;
};

static void patient_clear(struct patient *p)
{
	executor_clear(&p->x);
	close_fd(&p->directory);
	records_clear(&p->records);
	transaction_head_clear(&p->head);
	wait_clear(&p->wait);
	plan_clear(&p->plan);
	strv_clear(&p->staged);
}

void recovery_clear(struct recovery *r)
{
	strv_clear(&r->notes);
	strv_clear(&r->left);
	strv_clear(&r->open);
	strv_clear(&r->waiting);
	strv_clear(&r->broken_off);
	*r = (struct recovery){0};
}

/* It died before it had a journal: the host is untouched but for staged files. */
static int sweep_unborn(struct state *state, const struct root *root, struct patient *p,
			struct recovery *ret, struct error *err)
{
	int r = mover_sweep(root, &p->staged, err);

	if (r >= 0)
		r = transaction_remove_directory(state, p->id, err);
	if (r < 0)
		return r;
	ret->finished++;
	strv_addf(&ret->notes, "%s: died before it changed anything; swept", p->id);
	return 0;
}

static int sweep_decided(const struct root *root, struct patient *p, struct recovery *ret,
			 struct error *err)
{
	int r;

	if (records_find(&p->records, RECORD_SWEPT))
		return 0;
	r = mover_sweep(root, &p->staged, err);
	if (r >= 0)
		r = journal_note(&p->x.journal, RECORD_SWEPT, "{}", err);
	if (r < 0)
		return r;
	ret->finished++;
	strv_addf(&ret->notes, "%s: was decided (%s); swept", p->id,
		  transaction_state_to_string(records_state(&p->records)));
	return 0;
}

static int ready_plan(struct patient *p, const struct root *root, struct effector *effector,
		      struct error *err)
{
	int r = transaction_plan(&p->records, p->id, &p->plan, err);

	if (r >= 0)
		r = blobs_load(p->directory, &p->plan, err);
	if (r < 0)
		return r;
	p->x.mover.root = root;
	p->x.mover.plan = &p->plan;
	p->x.mover.tag = transaction_tag(p->id);
	p->x.later = true;
	p->x.effector = effector;
	executor_init(&p->x);
	executor_mark_begun(&p->x, &p->records);
	return 0;
}

/* Once more where it is there already, and durable before anything is put back (J9). */
static int begin_undo(struct patient *p, struct error *err)
{
	const struct record *before = records_find(&p->records, RECORD_UNDO_BEGIN);
	CLEANUP(freep)
	char *payload = before ? xstrdup(before->payload)
			       : transaction_note_format(p->cause->failure, NULL);

	return journal_append(&p->x.journal, RECORD_UNDO_BEGIN, payload, err);
}

static int conclude(struct patient *p, const struct root *root, struct strv *left,
		    struct recovery *ret, struct error *err)
{
	/* STUCK says what needs a person; UNDO_DONE what stays all the same, and why it may */
	CLEANUP(freep) char *lines = strv_join(left->count ? left : &p->x.mover.notes, "\n");
	CLEANUP(freep) char *payload = transaction_note_format(p->cause->failure, lines);
	bool stuck = left->count > 0;
	int r = stuck ? journal_note(&p->x.journal, RECORD_STUCK, payload, err)
		      : journal_append(&p->x.journal, RECORD_UNDO_DONE, payload, err);

	if (r < 0)
		return r;
	if (stuck) {
		ret->met_foreign |= p->x.mover.met_foreign && !p->x.mover.keep_foreign;
		for (size_t i = 0; i < left->count; i++)
			strv_addf(&ret->left, "%s: %s", p->id, left->items[i]);
		strv_add_once(&ret->open, p->id);
		return 0;
	}
	ret->undone++;
	if (!p->wait.number && strcmp(p->head.kind, "apply") == 0)
		strv_add(&ret->broken_off, p->id);
	strv_addf(&ret->notes, "%s: %s; put back%s", p->id, p->cause->fate,
		  p->x.mover.met_foreign ? " but for what others changed" : "");
	strv_add_all(&ret->notes, &p->x.mover.notes);
	harmed_name(p->x.effector, &p->plan, p->id, &ret->notes);
	left_behind_by(&p->plan, root, &ret->notes);
	if (p->wait.number)
		wait_end(p->x.effector, p->id, p->wait.number);
	r = mover_sweep(root, &p->staged, err);
	return r < 0 ? r : journal_note(&p->x.journal, RECORD_SWEPT, "{}", err);
}

static bool reads_units(const struct executor *x)
{
	for (size_t k = 0; k < x->mover.plan->nstages; k++)
		if (x->begun[k] &&
		    x->mover.plan->stages[k].down & HANDLER_BIT(HANDLER_SYSTEMD_RELOAD))
			return true;
	return false;
}

/* Down, where that sets off nothing that nobody has consented to. */
static int walk_down(struct patient *p, bool here, struct strv *left, struct error *err)
{
	static const struct records none = {0};
	struct effector *e = p->x.effector;
	CLEANUP(freep) char *why = set_off(e, &p->x.mover, reads_units(&p->x), &p->x.mover.notes);
	int r = 0;

	if (why) {
		strv_add(left, why);
		return 0;
	}
	e->may_stop = &p->plan.stopped;
	e->notes = &p->x.mover.notes;
	e->starts.leave = p->x.mover.keep_foreign;
	executor_tell_ran(&p->x, p->x.mover.other_boot ? &none : &p->records);
	r = executor_down(&p->x, here, left, err);
	if (r >= 0)
		executor_start_again(&p->x, left);
	executor_tell_ran(&p->x, &none);
	e->may_stop = NULL;
	e->notes = NULL;
	e->starts.leave = false;
	return r;
}

/*
 * Whether the applied files have been read in this boot: by the run's own handlers, or, where it was let
 * wait on after a reboot, by all that this boot started since. Recovery at boot comes before either.
 */
static bool is_read_here(const struct patient *p, const char *boot_id)
{
	return strcmp_null(p->head.boot_id, boot_id) == 0 ||
	       (p->wait.number && strcmp_null(p->wait.boot_id, boot_id) == 0);
}

/* What is known of dockerd now; of one that is stuck, the settings of before are not. */
static void witness_undone(struct state *state, struct patient *p, const struct root *root,
			   bool here, bool stuck)
{
	if (p->wait.number && stuck)
		witness_unsettle(state);
	else if (p->wait.number)
		witness_take_back(state);
	if (p->x.mover.met_foreign)
		witness_forget(state);
	else if (here && !stuck)
		witness_renew(state, root, &p->plan, NULL);
}

static int undo_patient(struct state *state, struct patient *p, const struct root *root,
			struct effector *effector, struct recovery *ret, struct error *err)
{
	CLEANUP(freep) char *boot_id = current_boot_id();
	CLEANUP(strv_clear) struct strv left = {0};
	bool here;
	int r = check_boot_id(boot_id, err);

	if (r >= 0)
		r = ready_plan(p, root, effector, err);
	if (r >= 0)
		r = begin_undo(p, err);
	if (r < 0)
		return r;
	here = is_read_here(p, boot_id);
	p->x.mover.other_boot = strcmp_null(p->head.boot_id, boot_id) != 0;
	p->x.mover.memory_lasts = mover_is_in_memory(p->directory);
	r = walk_down(p, here, &left, err);
	if (r >= 0 && left.count == 0)
		harmed_name_lost(effector, &p->plan, &left);
	if (r >= 0)
		r = conclude(p, root, &left, ret, err);
	if (r >= 0)
		witness_undone(state, p, root, here, left.count > 0);
	return r;
}

/*
 * Nobody is there to be asked when its time is over: what others changed meanwhile stays theirs, then and
 * when the undo was broken off.
 */
static int undo_waiting(struct state *state, struct patient *p, const struct root *root,
			struct effector *effector, const struct cause *cause, struct recovery *ret,
			struct error *err)
{
	p->cause = cause;
	p->x.mover.keep_foreign = true;
	return undo_patient(state, p, root, effector, ret, err);
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
		return undo_waiting(state, p, root, effector, &overdue, ret, err);
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

static int treat(struct state *state, const struct root *root, struct effector *effector,
		 struct patient *p, struct recovery *ret, struct error *err)
{
	enum transaction_state how;
	int r;

	p->directory = state_open_txn(state, p->id, false, err);
	if (p->directory < 0)
		return p->directory;
	r = transaction_read_staged(p->directory, &p->staged, err);
	if (r < 0)
		return r;
	r = journal_open(p->directory, &p->x.journal, &p->records, err);
	if (r == -ENOENT) {
		error_clear(err);
		r = transaction_journal_lost(p->directory, err);
		return r < 0 ? r : sweep_unborn(state, root, p, ret, err);
	}
	if (r >= 0)
		r = transaction_head_parse(&p->head, p->records.items[0].payload, err);
	if (r < 0)
		return r;
	how = records_state(&p->records);
	if (how == TRANSACTION_COMMITTED || how == TRANSACTION_ROLLED_BACK)
		return sweep_decided(root, p, ret, err);
	return treat_open(state, p, root, effector, how, ret, err);
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
		return;
	}
	strv_addf(&ret->left, "%s: %s", p->id, why);
	strv_add_once(&ret->open, p->id);
}

static int recover_all(struct state *state, const struct root *root, struct effector *effector,
		       bool keep_foreign, const char *take_back, struct recovery *ret,
		       struct error *err)
{
	CLEANUP(strv_clear) struct strv ids = {0};
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
			.directory = -1,
			.x = {.journal = JOURNAL_INIT, .mover = {.keep_foreign = keep_foreign}}};
		struct error why = {0};

		int treated = treat(state, root, effector, &p, ret, &why);

		if (treated < 0)
			name_untreated(&p, treated, error_text(&why), ret);
		error_clear(&why);
	}
	if (r >= 0 && ret->left.count)
		r = error_set(err, -EUCLEAN, "%zu things need a person", ret->left.count);
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
