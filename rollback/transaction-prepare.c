/* What a run makes before the host is changed, and how it is taken away where nothing came of it. */

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/host/write/write.h"
#include "engine/plan/plan-json.h"
#include "rollback/blobs.h"
#include "rollback/restore-script.h"
#include "rollback/room.h"
#include "rollback/seal-newest.h"
#include "rollback/transaction-directory.h"
#include "rollback/transaction-impl.h"
#include "rollback/transaction-remove.h"
#include "rollback/waiting.h"
#include "rollback/witness.h"

static int open_directory(struct run *run, struct error *err)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(freep) char *id = NULL;
	int r = room_check(run->q->plan, run->q->state, run->q->root, err);

	if (r >= 0)
		r = state_transactions(run->q->state, &ids, err);
	if (r < 0)
		return r;
	seal_newest(run->q->state, &ids, &run->previous);
	if (run->previous.id) /* it may be gone by now, and stays before this one */
		strv_add_once(&ids, run->previous.id);
	id = transaction_new_id(&ids);
	run->directory = state_open_txn(run->q->state, id, true, err);
	if (run->directory < 0)
		return run->directory;
	run->result->id = TAKE_PTR(id);
	run->x.mover.tag = transaction_tag(run->result->id);
	mover_staged_paths(&run->x.mover, &run->staged);
	return transaction_write_staged(run->directory, &run->staged, err);
}

/* Snapshot and staged files; durable at the end (J2). */
static int snapshot(struct run *run, struct error *err)
{
	int r = journal_announce(run->directory, err);

	if (r >= 0)
		r = blobs_store(run->directory, run->q->plan, err);
	if (r >= 0)
		r = restore_script_store(run->directory, run->q->plan, run->result->id,
					 &run->staged, err);
	if (r >= 0)
		r = mover_stage(&run->x.mover, err);
	if (r >= 0)
		r = mover_sync(&run->x.mover, err);
	if (r >= 0)
		r = write_sync_fs(run->directory, err);
	return r;
}

static int intend(struct run *run, struct error *err)
{
	struct transaction_head head = {
		.id = run->result->id,
		.kind = xstrdup(run->q->kind),
		.of = xstrdup_null(run->q->of),
		.only = xstrdup_null(run->q->only),
		.bisect = xstrdup_null(run->q->bisect),
		.boot_id = current_boot_id(),
		.started_with = witness_proven(run->q->facts),
		.dockerd_asked = run->q->facts->docker.running &&
				 !run->q->facts->docker.not_measured && !run->q->facts->offline,
		.started_usec = clock_usec(CLOCK_REALTIME),
		.chained = true,
	};
	CLEANUP(freep) char *payload = NULL;
	CLEANUP(buf_clear) struct buf plan = {0};
	int r = check_boot_id(head.boot_id, err);

	if (r >= 0)
		r = plan_to_json(run->q->plan, false, &plan, err);
	actor_now(&head.by);
	seal_copy(&head.previous, &run->previous);
	payload = transaction_head_format(&head);
	head.id = NULL; /* the result's */
	transaction_head_clear(&head);
	if (r < 0)
		return r;
	return journal_create(
		run->directory,
		(const struct record[]){{RECORD_HEADER, payload}, {RECORD_INTENT, plan.data}}, 2,
		&run->x.journal, err);
}

int run_prepare(struct run *run, struct error *err)
{
	double since = clock_ms();
	int r = mover_check_start(&run->x.mover, err);

	if (r >= 0)
		r = open_directory(run, err);
	if (r >= 0 && run->q->confirm_usec)
		r = wait_guard(run->q->effector, run->result->id, run->q->confirm_usec, err);
	if (r >= 0)
		r = snapshot(run, err);
	if (r >= 0)
		r = intend(run, err);
	if (r < 0)
		return r;
	witness_write_before(run->q->state, run->q->facts, run->q->plan, NULL);
	run_tell(run, "snapshot", since);
	return 0;
}

/* What could not be taken away again, by its names. */
static void name_staged(struct run *run, const char *why)
{
	for (size_t i = 0; i < run->staged.count; i++) {
		CLEANUP(walk_clear) struct walk walk = WALK_INIT;

		if (root_walk_nofollow(run->q->root, run->staged.items[i], &walk, NULL) >= 0 &&
		    walk.fd >= 0)
			strv_addf(&run->result->notes,
				  "'%s' was staged and stays, until 'harden recover' removes it: "
				  "%s",
				  run->staged.items[i], why);
	}
}

void run_end_wait(struct run *run)
{
	if (run->q->confirm_usec)
		wait_end(run->q->effector, run->result->id, 1);
}

/* Nothing of the host was changed: takes away what was staged and the directory. */
void run_abandon(struct run *run)
{
	CLEANUP(error_clear) struct error why = {0};

	run->result->state = TRANSACTION_OPEN;
	if (!run->result->id)
		return;
	/* the directory holds the list of what was staged: it stays as long as that does */
	if (mover_sweep(run->q->root, &run->staged, &why) >= 0)
		transaction_remove_directory(run->q->state, run->result->id, NULL);
	else
		name_staged(run, error_text(&why));
	run_end_wait(run);
	free(run->result->id);
	run->result->id = NULL;
}
