#include "rollback/transaction.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "rollback/announce.h"
#include "rollback/foreseen.h"
#include "rollback/gap.h"
#include "rollback/held-down.h"
#include "rollback/own-start.h"
#include "rollback/transaction-directory.h"
#include "rollback/transaction-impl.h"
#include "rollback/waiting.h"
#include "rollback/witness.h"

#define UNDO_GATE_MAX_MS 10000
#define UNDO_GATE_INTERRUPTED_MS 2000 /* somebody waits; a dockerd that crashes does so by then */

static void run_clear(struct run *run)
{
	executor_clear(&run->x);
	strv_clear(&run->staged);
	interrupt_close(&run->interrupt);
	seal_clear(&run->previous);
	close_fd(&run->directory);
}

void run_tell(struct run *run, const char *phase, double since)
{
	if (run->q->phase)
		run->q->phase(run->q->data, phase, clock_ms() - since);
}

static bool is_stopped_meanwhile(struct effector *e)
{
	return e->ops->stopped_meanwhile && e->ops->stopped_meanwhile(e) > 0;
}

/*
 * What waits for a dockerd that somebody stopped is not in force, and no control is to blame. A rollback goes on: its
 * files are what the next start is to find.
 */
static int check_stopped(const struct run *run, struct error *err)
{
	return run->q->of || !is_stopped_meanwhile(run->q->effector)
		       ? 0
		       : error_set(err, -EIO, "'docker.service' was stopped by somebody meanwhile");
}

static int verify(struct run *run, struct error *err)
{
	const struct transaction_request *q = run->q;
	double since = clock_ms();
	int r = check_stopped(run, err);

	if (r >= 0)
		r = gap_check(q->effector, q->max_gap_ms, err);
	/* the file has changed since dockerd's start, and dockerd has what it says all the same */
	if (q->plan->borrows)
		witness_wait(q->state, q->root, q->facts, q->plan, NULL);
	if (r >= 0 && q->verify)
		r = q->verify(q->data, err);
	if (q->plan->borrows)
		witness_take_back(q->state);
	if (r >= 0)
		r = q->effector->ops->health(q->effector, &q->plan->stopped, q->gate_ms, err);
	if (r >= 0)
		r = gap_check(q->effector, q->max_gap_ms, err);
	if (r >= 0 && q->well)
		r = q->well(q->data, &run->interrupt, err);
	run_tell(run, "verify", since);
	return r < 0 ? r : interrupt_wait(&run->interrupt, 0, err);
}

static void tell_host(const struct run *run, enum announced what)
{
	announce(run->q->effector, what, run->result->id, run->q->kind, run->q->of, run->q->plan);
}

static void finish(struct run *run)
{
	struct error ignored = {0};

	if (mover_sweep(run->q->root, &run->staged, &ignored) >= 0 &&
	    journal_note(&run->x.journal, RECORD_SWEPT, "{}", &ignored) >= 0)
		return;
	error_clear(&ignored); /* `recover` sweeps; what counts is decided already */
}

/* The commit: from the moment its record is durable the transaction is kept (J4, J5). */
static int keep(struct run *run, struct error *err)
{
	int r;

	run->commit_tried = true;
	r = seal_append(&run->x.journal, RECORD_COMMIT, "{}", err);
	if (r < 0)
		return r;
	run->result->state = TRANSACTION_COMMITTED;
	witness_write(run->q->state, run->q->root, run->q->facts, run->q->plan, NULL);
	strv_add_all(&run->result->notes, &run->x.mover.notes);
	finish(run);
	tell_host(run, run->q->of ? ANNOUNCED_ROLLED_BACK : ANNOUNCED_APPLIED);
	return 0;
}

/* In place of the commit: it is for a person to say that it is kept. */
static int begin_wait(struct run *run, struct error *err)
{
	const struct transaction_request *q = run->q;
	int r = wait_begin(&run->x.journal, q->effector, run->result->id, 0, q->confirm_usec, err);

	run->result->outside = r < 0;
	if (r < 0)
		return r;
	run->result->state = TRANSACTION_WAITING;
	tell_host(run, ANNOUNCED_WAITING);
	witness_wait(q->state, q->root, q->facts, q->plan, NULL);
	strv_add_all(&run->result->notes, &run->x.mover.notes);
	return 0;
}

static char *undo_payload(const struct run *run)
{
	CLEANUP(freep) char *left = strv_join(&run->result->left, "\n");

	return transaction_note_format(run->result->failure, left);
}

static int undo_walk(struct run *run, struct error *err)
{
	struct effector *e = run->q->effector;
	int most = interrupt_signal() ? UNDO_GATE_INTERRUPTED_MS : UNDO_GATE_MAX_MS;
	int gate = run->q->gate_ms < most ? run->q->gate_ms : most;
	bool leave = e->starts.leave, all_back;
	CLEANUP(freep) char *why = held_down(&run->x, NULL);
	int r;

	/* before a job of the way back: whatever failed, it may be for want of dockerd */
	run->result->outside |= run->x.drain.failed || is_stopped_meanwhile(e);
	if (why) {
		strv_add(&run->result->left, why);
		return 0;
	}
	/* what a person gave up is what this run was to start, and not what it stopped itself */
	e->starts.leave = false;
	foreseen(&run->x, &run->result->notes);
	r = executor_down(&run->x, true, &run->result->left, err);
	e->starts.leave = leave;
	all_back = r >= 0 && run->result->left.count == 0;

	if (r < 0)
		strv_add(&run->result->left, error_text(err));
	else if (e->ops->health(e, &run->q->plan->stopped, gate, err) < 0) {
		strv_addf(&run->result->left, "after putting back: %s", error_text(err));
		run->result->still_fails = all_back;
	}
	return r;
}

static void in_doubt(struct run *run, struct error *err)
{
	run->result->state = TRANSACTION_IN_DOUBT;
	strv_add(&run->result->left, error_text(err));
	tell_host(run, ANNOUNCED_STUCK);
}

/* Says that all is put back only when the record that says so is durable (J5). */
static void conclude(struct run *run, bool stuck, struct error *err)
{
	CLEANUP(freep) char *payload = undo_payload(run);

	gap_note(run->q->effector, &run->x.journal, &run->result->gaps);
	run->result->state = stuck ? TRANSACTION_STUCK : TRANSACTION_ROLLED_BACK;
	run->result->met_foreign = run->x.mover.met_foreign;
	if (stuck)
		witness_unsettle(run->q->state);
	if ((stuck ? journal_note(&run->x.journal, RECORD_STUCK, payload, err)
		   : seal_append(&run->x.journal, RECORD_UNDO_DONE, payload, err)) < 0)
		in_doubt(run, err);
	else if (!stuck) {
		witness_renew(run->q->state, run->q->root, run->q->plan, NULL);
		finish(run);
		run_end_wait(run);
		tell_host(run, run->tried ? ANNOUNCED_TRIED : ANNOUNCED_PUT_BACK);
	} else {
		tell_host(run, ANNOUNCED_STUCK);
	}
	strv_add_all(&run->result->notes, &run->x.mover.notes);
}

/*
 * Puts everything back. Where the journal cannot be written any more, what is on disk says
 * "undo" all the same, unless a COMMIT may have reached it: then recovery must look first.
 */
static void undo(struct run *run, const char *failure)
{
	CLEANUP(freep) char *payload = transaction_note_format(failure, NULL);
	CLEANUP(error_clear) struct error err = {0};
	int r = journal_append(&run->x.journal, RECORD_UNDO_BEGIN, payload, &err);
	bool stuck;

	run->result->failure = xstrdup(failure);
	if (r < 0 && run->commit_tried) {
		in_doubt(run, &err);
		return;
	}
	stuck = undo_walk(run, &err) < 0 || run->result->left.count > 0;
	drain_end(&run->x.drain, run->q->root, &run->x.journal, &run->result->notes);
	if (r < 0)
		in_doubt(run, &err);
	else
		conclude(run, stuck, &err);
}

/* What could not be held against a limit is said. */
static void end_gap(struct run *run)
{
	struct gaps *gaps = &run->result->gaps;

	gap_note(run->q->effector, &run->x.journal, gaps);
	gap_doubt(gaps, run->q->max_gap_ms, &run->result->notes);
	if (run->q->max_gap_ms > 0 && gaps->count == 0)
		strv_add(&run->result->notes,
			 "how long published ports were away was not measured: none of TCP took a "
			 "connection before");
}

/* The way up, which may be interrupted, and the commit, or the wait for it. */
static int go(struct run *run, struct error *err)
{
	struct effector *e = run->q->effector;
	int r;

	e->interrupt = &run->interrupt;
	r = executor_up(&run->x, err);
	if (r >= 0)
		r = verify(run, err);
	e->interrupt = NULL;
	if (r < 0)
		return r;
	drain_end(&run->x.drain, run->q->root, &run->x.journal, &run->result->notes);
	end_gap(run);
	return run->q->confirm_usec ? begin_wait(run, err) : keep(run, err);
}

int transaction_run(const struct transaction_request *q, struct transaction_result *ret,
		    struct error *err)
{
	CLEANUP(run_clear)
	struct run run = {
		.q = q,
		.result = ret,
		.directory = -1,
		.interrupt = INTERRUPT_INIT,
		.x = {.mover = {.root = q->root, .plan = q->plan},
		      .effector = q->effector,
		      .drain = {.out = q->drain, .back = q->undrain},
		      .journal = JOURNAL_INIT,
		      .phase = q->phase,
		      .data = q->data},
	};
	struct error why = {0};
	int r;

	CLEANUP(own_start_clear) struct own_start own = {0};

	executor_init(&run.x);
	own_start_find(q->plan, q->facts, &own);
	q->effector->notes = &ret->notes;
	q->effector->may_stop = &q->plan->stopped;
	q->effector->own = &own;
	q->effector->max_gap_ms = q->max_gap_ms;
	r = interrupt_open(&run.interrupt, &why);
	if (r >= 0)
		r = run_prepare(&run, &why);
	if (r < 0) {
		run_abandon(&run);
	} else {
		r = go(&run, &why);
		run.tried = r == -ECANCELED;
		if (r < 0)
			undo(&run, error_text(&why));
	}
	q->effector->notes = NULL;
	q->effector->may_stop = NULL;
	q->effector->own = NULL;
	ret->signal = interrupt_signal();
	error_move(err, &why);
	return r;
}

void transaction_result_clear(struct transaction_result *r)
{
	free(r->id);
	free(r->failure);
	strv_clear(&r->left);
	strv_clear(&r->notes);
	gaps_clear(&r->gaps);
	*r = (struct transaction_result){0};
}
