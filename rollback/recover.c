#include "rollback/recover.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/write/write.h"
#include "rollback/blobs.h"
#include "rollback/executor.h"
#include "rollback/left-behind.h"
#include "rollback/stopped.h"
#include "rollback/transaction-folder.h"
#include "rollback/witness.h"

/* One transaction that may need something. */
struct patient {
	const char *id;
	int folder;
	struct records records;
	struct transaction_head head;
	struct plan plan;
	struct strv staged;
	struct executor x;
};

static void patient_clear(struct patient *p)
{
	executor_clear(&p->x);
	close_fd(&p->folder);
	records_clear(&p->records);
	transaction_head_clear(&p->head);
	plan_clear(&p->plan);
	strv_clear(&p->staged);
}

void recovery_clear(struct recovery *r)
{
	strv_clear(&r->notes);
	strv_clear(&r->left);
	strv_clear(&r->open);
	*r = (struct recovery){0};
}

/* It died before it had a journal: the host is untouched but for staged files. */
static int sweep_unborn(struct state *state, const struct root *root, struct patient *p,
			struct recovery *ret, struct error *err)
{
	int r = mover_sweep(root, &p->staged, err);

	if (r >= 0)
		r = transaction_remove_folder(state, p->id, err);
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

/* Which stages' handlers may have run: those with an EFFECT_BEGIN, and not yet undone. */
static void mark_begun(struct patient *p)
{
	for (size_t i = 0; i < p->records.count; i++) {
		CLEANUP(json_decrefp) json_t *j = NULL;
		enum record_type type = p->records.items[i].type;
		json_int_t stage;

		if (type != RECORD_EFFECT_BEGIN && type != RECORD_EFFECT_UNDONE)
			continue;
		j = json_loads(p->records.items[i].payload, 0, NULL);
		stage = json_integer_value(json_object_get(j, "stage"));
		if (stage >= 0 && (size_t)stage < p->plan.nstages)
			p->x.begun[stage] = type == RECORD_EFFECT_BEGIN;
	}
}

static int ready_plan(struct patient *p, const struct root *root, struct effector *effector,
		      struct error *err)
{
	int r = transaction_plan(&p->records, p->id, &p->plan, err);

	if (r >= 0)
		r = blobs_load(p->folder, &p->plan, err);
	if (r < 0)
		return r;
	p->x.mover.root = root;
	p->x.mover.plan = &p->plan;
	p->x.mover.tag = transaction_tag(p->id);
	p->x.effector = effector;
	executor_init(&p->x);
	mark_begun(p);
	return 0;
}

/* Once more where it is there already, and durable before anything is put back (J9). */
static int begin_undo(struct patient *p, struct error *err)
{
	const struct record *before = records_find(&p->records, RECORD_UNDO_BEGIN);
	CLEANUP(freep)
	char *payload = before ? xstrdup(before->payload)
			       : transaction_note_format("it was broken off", NULL);

	return journal_append(&p->x.journal, RECORD_UNDO_BEGIN, payload, err);
}

/* Whom dockerd's last start took over by name alone: files do not bring back what it has lost. */
static void name_given_up(const struct docker_facts *d, struct strv *notes)
{
	struct containers all;

	if (!containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running && all.items[i].given_up)
			strv_addf(
				notes,
				"the container '%s' runs on, but dockerd could not take it over "
				"at its start: it has lost its networks and ports, and cannot be "
				"entered; once what its log goes to is there, 'docker restart %s'",
				container_label(&all.items[i]), container_label(&all.items[i]));
}

/* After a restart, whichever way: who was stopped or cut off, and is not started by anybody else. */
static void name_harmed(struct patient *p, struct recovery *ret)
{
	struct effector *e = p->x.effector;
	CLEANUP(facts_clear) struct facts now = {0};

	if ((!p->plan.stopped.count && !(plan_handlers(&p->plan) & HANDLERS_RESTART)) || !e->look ||
	    e->look(e->look_data, &now, NULL) < 0)
		return;
	stopped_name(&p->plan, NULL, &now, p->id, &ret->notes);
	name_given_up(&now.docker, &ret->notes);
}

/*
 * What dockerd lost by our restart is not put back, whatever the files say: a start that had no room
 * leaves containers out of its list. Those that it did not list before either, by the plan, it did
 * not lose now. Where nobody can look, nothing is known against it.
 */
static void name_lost(struct patient *p, struct strv *left)
{
	struct effector *e = p->x.effector;
	CLEANUP(facts_clear) struct facts now = {0};
	struct containers all;

	if (!(plan_handlers(&p->plan) & HANDLERS_RESTART) || !e->look ||
	    e->look(e->look_data, &now, NULL) < 0)
		return;
	if (!containers_get(&now.docker.containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].unlisted &&
		    !stopped_find(&p->plan.stopped, container_label(&all.items[i])))
			strv_addf(left,
				  "dockerd does not have the container '%s' any more: %s; see what "
				  "kept dockerd from it (journalctl -u docker), then restart "
				  "dockerd when its processes may end, and recover again",
				  container_label(&all.items[i]), all.items[i].unread);
}

static int conclude(struct patient *p, const struct root *root, struct strv *left,
		    struct recovery *ret, struct error *err)
{
	/* STUCK says what needs a person; UNDO_DONE what stays all the same, and why it may */
	CLEANUP(freep) char *lines = strv_join(left->count ? left : &p->x.mover.notes, "\n");
	CLEANUP(freep) char *payload = transaction_note_format("it was broken off", lines);
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
	strv_addf(&ret->notes, "%s: was broken off; put back%s", p->id,
		  p->x.mover.met_foreign ? " but for what others changed" : "");
	strv_add_all(&ret->notes, &p->x.mover.notes);
	name_harmed(p, ret);
	left_behind_by(&p->plan, root, &ret->notes);
	r = mover_sweep(root, &p->staged, err);
	return r < 0 ? r : journal_note(&p->x.journal, RECORD_SWEPT, "{}", err);
}

static int undo_patient(struct state *state, struct patient *p, const struct root *root,
			struct effector *effector, struct recovery *ret, struct error *err)
{
	CLEANUP(freep) char *boot_id = current_boot_id();
	CLEANUP(strv_clear) struct strv left = {0};
	bool same_boot;
	int r = check_boot_id(boot_id, err);

	if (r >= 0)
		r = ready_plan(p, root, effector, err);
	if (r >= 0)
		r = begin_undo(p, err);
	if (r < 0)
		return r;
	same_boot = strcmp_null(p->head.boot_id, boot_id) == 0;
	p->x.mover.other_boot = !same_boot;
	p->x.mover.memory_lasts = mover_is_in_memory(p->folder);
	effector->may_stop = &p->plan.stopped;
	effector->notes = &p->x.mover.notes;
	r = executor_down(&p->x, same_boot, &left, err);
	effector->may_stop = NULL;
	effector->notes = NULL;
	if (r >= 0 && left.count == 0)
		name_lost(p, &left);
	if (r >= 0)
		r = conclude(p, root, &left, ret, err);
	if (r >= 0 && p->x.mover.met_foreign)
		witness_forget(state);
	else if (r >= 0 && same_boot && left.count == 0)
		witness_renew(state, root, &p->plan, NULL);
	return r;
}

static int treat(struct state *state, const struct root *root, struct effector *effector,
		 struct patient *p, struct recovery *ret, struct error *err)
{
	enum transaction_state how;
	int r;

	p->folder = state_open_txn(state, p->id, false, err);
	if (p->folder < 0)
		return p->folder;
	r = transaction_read_staged(p->folder, &p->staged, err);
	if (r < 0)
		return r;
	r = journal_open(p->folder, &p->x.journal, &p->records, err);
	if (r == -ENOENT) {
		error_clear(err);
		return sweep_unborn(state, root, p, ret, err);
	}
	if (r >= 0)
		r = transaction_head_parse(&p->head, p->records.items[0].payload, err);
	if (r < 0)
		return r;
	how = records_state(&p->records);
	if (how == TRANSACTION_COMMITTED || how == TRANSACTION_ROLLED_BACK)
		return sweep_decided(root, p, ret, err);
	return how == TRANSACTION_WAITING ? 0 : undo_patient(state, p, root, effector, ret, err);
}

/* A transaction that cannot be read, and is over by what can be read of it, stops nobody. */
static void name_untreated(const struct patient *p, int code, const char *why, struct recovery *ret)
{
	CLEANUP(records_clear) struct records records = {0};
	bool unread = code == -EUCLEAN && p->records.count == 0 && p->folder >= 0;

	if (unread && journal_salvage(p->folder, &records, NULL) >= 0 &&
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

int recover(struct state *state, const struct root *root, struct effector *effector,
	    bool keep_foreign, struct recovery *ret, struct error *err)
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
			.folder = -1,
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
