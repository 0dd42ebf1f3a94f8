#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/announce.h"
#include "rollback/blobs.h"
#include "rollback/executor-impl.h"
#include "rollback/foreseen.h"
#include "rollback/harmed.h"
#include "rollback/held-down.h"
#include "rollback/held-made.h"
#include "rollback/left-behind.h"
#include "rollback/left-roots.h"
#include "rollback/recover-impl.h"
#include "rollback/renamed.h"
#include "rollback/seal.h"
#include "rollback/set-off.h"
#include "rollback/witness.h"

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

/* All is put back: who was stopped by it, and what dockerd leaves, for whoever waits for its end, too. */
static void find_after(struct patient *p, const struct root *root, struct strv *ret)
{
	strv_add_all(ret, &p->foreseen);
	harmed_name(p->x.effector, &p->plan, p->id, ret);
	left_behind_by(&p->plan, root, ret);
	left_roots_by(&p->plan, root, p->x.effector, ret);
}

/* Ends it in the journal, and tells how; what was staged is there still. */
static int conclude(struct patient *p, const struct root *root, struct strv *left,
		    struct recovery *ret, struct error *err)
{
	/* STUCK says what needs a person; UNDO_DONE what stays all the same, and why it may */
	CLEANUP(freep) char *lines = strv_join(left->count ? left : &p->x.mover.notes, "\n");
	CLEANUP(strv_clear) struct strv after = {0};
	CLEANUP(freep) char *told = NULL, *payload = NULL;
	bool stuck = left->count > 0;
	int r;

	if (!stuck)
		find_after(p, root, &after);
	told = strv_join(&after, "\n");
	payload = transaction_end_format(p->cause->failure, lines, told);
	r = stuck ? journal_note(&p->x.journal, RECORD_STUCK, payload, err)
		  : seal_append(&p->x.journal, RECORD_UNDO_DONE, payload, err);

	if (r < 0)
		return r;
	announce(p->x.effector, stuck ? ANNOUNCED_STUCK : ANNOUNCED_RECOVERED, p->id, p->head.kind,
		 p->head.of, &p->plan);
	if (stuck) {
		ret->met_foreign |= p->x.mover.met_foreign && !p->x.mover.keep_foreign;
		for (size_t i = 0; i < left->count; i++)
			strv_addf(&ret->left, "%s: %s", p->id, left->items[i]);
		for (size_t i = 0; i < p->foreseen.count; i++)
			strv_addf(&ret->notes, "%s: %s", p->id, p->foreseen.items[i]);
		strv_add_once(&ret->open, p->id);
		return 0;
	}
	ret->undone++;
	ret->left_out |= p->x.left_out;
	if (!p->wait.number && strcmp(p->head.kind, "apply") == 0)
		strv_add(&ret->broken_off, p->id);
	strv_addf(&ret->notes, "%s: %s; put back%s", p->id, p->cause->fate,
		  p->x.mover.met_foreign ? " but for what others changed" : "");
	strv_add_all(&ret->notes, &p->x.mover.notes);
	strv_add_all(&ret->notes, &after);
	/* one that was to wait, and does not yet, has timers already */
	wait_end(p->x.effector, p->id, p->wait.number ? p->wait.number : 1);
	return 0;
}

/* Behind the end: what fails here takes nothing back of what the journal says. */
static int sweep_undone(struct patient *p, const struct root *root, struct error *err)
{
	int r = mover_sweep(root, &p->staged, err);

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
	e->may_stop = e->consented ? e->consented : &p->plan.stopped;
	e->notes = &p->x.mover.notes;
	e->starts.leave = p->x.mover.keep_foreign;
	if (here)
		foreseen(&p->x, &p->foreseen);
	executor_tell_ran(&p->x, &p->records);
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
	else if (p->wait.number || p->plan.borrows)
		witness_take_back(state);
	if (p->x.mover.met_foreign)
		witness_forget(state);
	else if (here && !stuck)
		witness_renew(state, root, &p->plan, NULL);
}

/*
 * Begun only where nothing speaks against it: what is held is asked for anew, as if for the first time. One that
 * has time left waits on: nothing is noted, and whoever would rather keep it can.
 */
static int begin_and_walk(struct patient *p, bool here, struct strv *left, struct error *err)
{
	bool runs = here || executor_mark_in_force(&p->x);
	CLEANUP(freep) char *why = NULL;
	int r;

	p->x.waits = patient_waits(p, &p->records);
	why = runs ? held_down(&p->x, &p->records) : NULL;
	if (!why)
		why = held_by_made(&p->x, p->head.started_usec);
	p->held = why && p->x.waits;
	if (p->held)
		return error_set(err, -EPERM, "%s", why);
	if (why) {
		strv_add(left, why);
		return 0;
	}
	r = begin_undo(p, err);
	return r < 0 ? r : walk_down(p, here, left, err);
}

static int undo(struct state *state, struct patient *p, const struct root *root,
		struct effector *effector, struct recovery *ret, struct error *err)
{
	CLEANUP(freep) char *boot_id = current_boot_id();
	CLEANUP(strv_clear) struct strv left = {0};
	bool here;
	int r = check_boot_id(boot_id, err);

	if (r >= 0)
		r = ready_plan(p, root, effector, err);
	if (r < 0)
		return r;
	here = is_read_here(p, boot_id);
	p->x.mover.other_boot = strcmp_null(p->head.boot_id, boot_id) != 0;
	p->x.mover.memory_lasts = mover_is_in_memory(p->directory);
	if (records_find(&p->records, RECORD_APPLIED) &&
	    renamed_name(root, &p->plan, &p->x.mover.notes))
		p->x.mover.met_foreign = true;
	r = begin_and_walk(p, here, &left, err);
	undrain_patient(p, root, ret);
	if (r >= 0 && left.count == 0)
		harmed_name_lost(effector, &p->plan, &left);
	if (r >= 0)
		r = conclude(p, root, &left, ret, err);
	if (r < 0)
		return r;
	witness_undone(state, p, root, here, left.count > 0);
	return left.count ? 0 : sweep_undone(p, root, err);
}

int undo_patient(struct state *state, struct patient *p, const struct root *root,
		 struct effector *effector, struct recovery *ret, struct error *err)
{
	const struct stopped_list *consented = effector->consented;
	const struct strv *consented_to = effector->consented_to;
	int r;

	if (!p->take_back) { /* that person was asked about another one */
		effector->consented = NULL;
		effector->consented_to = NULL;
	}
	r = undo(state, p, root, effector, ret, err);
	effector->consented = consented;
	effector->consented_to = consented_to;
	return r;
}

int undo_waiting(struct state *state, struct patient *p, const struct root *root,
		 struct effector *effector, const struct cause *cause, struct recovery *ret,
		 struct error *err)
{
	p->cause = cause;
	p->x.mover.keep_foreign = true;
	return undo_patient(state, p, root, effector, ret, err);
}
