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
#include "rollback/set-off.h"
#include "rollback/stopped.h"
#include "rollback/transaction-directory.h"
#include "rollback/witness.h"

/* One transaction that may need something. */
struct patient {
	const char *id;
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
			       : transaction_note_format("it was broken off", NULL);

	return journal_append(&p->x.journal, RECORD_UNDO_BEGIN, payload, err);
}

static const char *lost_network_of(const struct docker_facts *d, const struct container *c)
{
	for (size_t i = 0; i < d->lost_networks.count; i++) {
		const char *lost = d->lost_networks.items[i], *why = strstr(lost, ": ");
		CLEANUP(freep) char *name = xstrndup(lost, (size_t)(why - lost));

		if (strv_contains(&c->networks, name))
			return lost;
	}
	return NULL;
}

/* Whom dockerd's last start took over by name alone: files do not bring back what it has lost. */
static void name_given_up(const struct docker_facts *d, struct strv *notes)
{
	struct containers all;

	if (!containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++) {
		const char *name = container_label(&all.items[i]);
		const char *lost = lost_network_of(d, &all.items[i]);
		CLEANUP(freep)
		char *advice = lost ? xasprintf(LOST_NETWORK_ADVICE, lost, name)
				    : xasprintf("once what its log goes to is there, 'docker "
						"restart %s'",
						name);

		if (all.items[i].running && all.items[i].given_up)
			strv_addf(notes,
				  "the container '%s' runs on, but dockerd could not take it over "
				  "at its start: it has lost its networks and ports, and cannot be "
				  "entered; %s",
				  name, advice);
	}
}

static void name_lost_of(const struct docker_facts *d, const struct container *c,
			 struct strv *notes)
{
	const char *name = container_label(c), *lost = lost_network_of(d, c);
	CLEANUP(freep) char *ports = strv_join(&c->lost_ports, ", ");

	if (lost)
		strv_addf(
			notes,
			"the container '%s' runs on, and is cut off in part: " LOST_NETWORK_ADVICE,
			name, lost, name);
	else if (c->lost_ports.count > 0)
		strv_addf(notes,
			  "the container '%s' runs on without its published ports: %s; once the "
			  "address and the port are free here, 'docker restart %s'",
			  name, ports, name);
}

/* Likewise networks and ports. */
static void name_lost_ways(const struct docker_facts *d, struct strv *notes)
{
	struct containers all;

	for (size_t i = 0; i < d->lost_networks.count; i++)
		strv_addf(notes,
			  "dockerd has lost the network %s; no container can be started in it "
			  "until dockerd is restarted, once what it says is fixed",
			  d->lost_networks.items[i]);
	if (!containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running && !all.items[i].given_up)
			name_lost_of(d, &all.items[i], notes);
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
	name_lost_ways(&now.docker, &ret->notes);
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

static bool reads_units(const struct executor *x)
{
	for (size_t k = 0; k < x->mover.plan->nstages; k++)
		if (x->begun[k] &&
		    x->mover.plan->stages[k].down & HANDLER_BIT(HANDLER_SYSTEMD_RELOAD))
			return true;
	return false;
}

/* Down, where that sets off nothing that nobody has consented to. */
static int walk_down(struct patient *p, bool same_boot, struct strv *left, struct error *err)
{
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
	r = executor_down(&p->x, same_boot, left, err);
	e->may_stop = NULL;
	e->notes = NULL;
	e->starts.leave = false;
	return r;
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
	p->x.mover.memory_lasts = mover_is_in_memory(p->directory);
	r = walk_down(p, same_boot, &left, err);
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
	return how == TRANSACTION_WAITING ? 0 : undo_patient(state, p, root, effector, ret, err);
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
