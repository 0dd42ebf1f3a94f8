/* harden status: the newest transaction, and whether anything is broken off or waits. */

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/duration.h"
#include "cli/ledger.h"
#include "cli/loaded.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/status-drain.h"
#include "cli/status-drift.h"
#include "cli/status-left.h"
#include "cli/status-part.h"
#include "cli/status-swarm.h"
#include "cli/status-waits.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "rollback/lock-holder.h"
#include "rollback/pruned.h"
#include "rollback/set-aside.h"

/* The newest that is in force: kept, and not undone since. */
static const struct transaction_summary *newest_kept(const struct ledger *l)
{
	for (size_t i = l->count; i > 0; i--) {
		const struct transaction_summary *t = &l->items[i - 1];

		if (transaction_is_in_force(t))
			return t;
	}
	return NULL;
}

static json_t *damaged_to_json(const struct ledger *l)
{
	json_t *all = json_array();

	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].state == TRANSACTION_DAMAGED)
			json_array_append_new(all, json_transaction(&l->items[i], false));
	return all;
}

/* A rollback that was kept took it back before it was set aside. */
static bool is_taken_back(const struct ledger *l, const char *id)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp_null(l->items[i].of, id) == 0 && !l->items[i].only &&
		    l->items[i].state == TRANSACTION_COMMITTED && !l->items[i].rolled_back_by)
			return true;
	return false;
}

/* Of those that were set aside, the ones that nothing took back. */
static int open_asides(const struct ledger *l, struct asides *ret, struct error *err)
{
	int r = asides_list(&l->c.state, ret, err);
	size_t left = 0;

	for (size_t i = 0; i < ret->count; i++) {
		struct aside *a = &ret->items[i];

		if (is_taken_back(l, a->id))
			aside_clear(a);
		else
			ret->items[left++] = *a;
	}
	ret->count = left;
	return r;
}

static json_t *asides_to_json(const struct asides *asides)
{
	json_t *all = json_array();

	for (size_t i = 0; i < asides->count; i++) {
		json_t *one = json_object();

		json_put(one, "id", json_text(asides->items[i].id));
		json_put(one, "controls", json_text_list(&asides->items[i].controls));
		json_array_append_new(all, one);
	}
	return all;
}

/* Closed is not undone. */
static void put_asides(struct buf *b, const struct style *s, const struct asides *asides)
{
	for (size_t i = 0; i < asides->count; i++) {
		const struct aside *a = &asides->items[i];
		CLEANUP(freep) char *controls = strv_join(&a->controls, ", ");
		CLEANUP(freep)
		char *line = xasprintf(
			"%s, by a person: what it had changed and not put back stands, unless "
			"somebody changed it since: %s. RESTORE in " STATE_ASIDE
			"/%s puts its files back; when that is settled, remove the directory",
			a->id, a->controls.count ? controls : "its journal does not tell what",
			a->id);

		buf_puts(b, "Set aside: ");
		wrap_text(b, s, 11, line);
	}
}

/* Where a set-aside transaction may own it, nothing is said of it. */
static void find_loaded(const struct ledger *l, const struct asides *asides, struct strv *ret)
{
	if (asides->count == 0)
		loaded_find(l, ret);
}

/* Why nothing is said to be in force; what is open or cannot be read may be so all the same. */
static const char *nothing_in_force(const struct ledger *l, const struct waits *waits,
				    const struct strv *left, const struct asides *asides,
				    const struct strv *pruned)
{
	bool damaged = false, open = false, kept = false, waiting = false;

	for (size_t i = 0; i < l->count; i++) {
		damaged |= l->items[i].state == TRANSACTION_DAMAGED;
		open |= notice_is_open(&l->items[i]);
		waiting |= l->items[i].state == TRANSACTION_WAITING;
		kept |= l->items[i].state == TRANSACTION_COMMITTED;
	}
	if (l->count == 0 && asides->count == 0 && pruned->count == 0)
		return "In force: not known; no transaction is kept here (none was made, or what "
		       "one that was pruned or lost changed stands).\n";
	if (damaged)
		return "In force: not known; a transaction cannot be read.\n";
	if (waiting)
		return "In force: not known; a transaction waits to be confirmed.\n";
	if (open)
		return "In force: not known; a transaction is open.\n";
	if (asides->count)
		return "In force: not known; a transaction was set aside.\n";
	if (pruned->count)
		return "In force: not known; a transaction in force was pruned.\n";
	if (waits->count)
		return waits_changed(waits) == waits->count
			       ? "In force: all was undone, but for what others changed since.\n"
			       : "In force: all was undone, but for what waits.\n";
	if (left_in_force(left))
		return "In force: all was undone, but for what is in force still.\n";
	if (left->count)
		return "In force: all was undone, but for what was left as somebody had it.\n";
	return kept ? "In force: nothing; all was undone.\n"
		    : "In force: nothing; none was kept.\n";
}

static void put_pruned(struct buf *b, const struct style *s, const struct strv *pruned)
{
	for (size_t i = 0; i < pruned->count; i++) {
		CLEANUP(freep)
		char *line =
			xasprintf("%s was in force then: what it changed stands, unless somebody "
				  "changed it since, and no rollback knows of it; 'harden check' "
				  "tells what is so now, 'harden prune %s' takes this line away",
				  pruned->items[i], pruned->items[i]);

		buf_puts(b, "Pruned:   ");
		wrap_text(b, s, 10, line);
	}
}

/* It is decided, or never began; what it staged may lie there until a recovery can sweep it. */
static bool is_unswept(const struct transaction_summary *t)
{
	return !t->swept && (t->state == TRANSACTION_COMMITTED ||
			     t->state == TRANSACTION_ROLLED_BACK || t->state == TRANSACTION_OPEN);
}

static bool put_unswept(const struct ledger *l, struct buf *b, const struct style *s)
{
	bool any = false;

	for (size_t i = 0; i < l->count; i++) {
		if (!is_unswept(&l->items[i]))
			continue;
		buf_puts(b, "Unswept:  ");
		ledger_line(b, s, &l->items[i]);
		any = true;
	}
	return any;
}

/* What a run is at work on is not left by one. */
static json_t *unswept_to_json(const struct ledger *l, bool running)
{
	json_t *all = json_array();

	for (size_t i = 0; i < l->count; i++)
		if (!running && is_unswept(&l->items[i]))
			json_array_append_new(all, json_text(l->items[i].id));
	return all;
}

static int print_json(struct ledger *l, const struct asides *asides, const struct strv *pruned)
{
	const struct transaction_summary *kept = newest_kept(l);
	enum boot_recovery recovery = notice_boot_recovery(&l->c.root);
	int locked = swarm_is_locked(&l->c);
	struct lock_holder holder = lock_holder_find(l->c.state.fd, STATE_LOCK);
	bool running = holder.held;
	CLEANUP(freep) char *drained = running ? NULL : drain_find(l);
	json_t *answer = json_answer("status"), *open = json_array();
	CLEANUP(strv_clear) struct strv loaded = {0}, left = {0}, gone = {0}, drifted = {0};
	CLEANUP(strv_clear) struct strv part = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	struct history h = {.items = l->items, .count = l->count};

	if (kept)
		part_undone(&h, kept, &part);
	json_put(answer, "transactions", json_integer((json_int_t)l->count));
	json_put(answer, "in_force", kept ? json_transaction(kept, false) : json_null());
	json_put(answer, "in_force_without", json_text_list(&part));
	for (size_t i = 0; i < l->count; i++)
		if (notice_is_open(&l->items[i]))
			json_array_append_new(open, json_transaction(&l->items[i], false));
	json_put(answer, "open", open);
	json_put(answer, "waits", waits_to_json(l));
	left_look(&l->c, &h, &now);
	left_find(l, &h, &left);
	json_put(answer, "left", json_text_list(&left));
	gone_find(l, &gone);
	json_put(answer, "gone", json_text_list(&gone));
	drifted_find(l, &gone, &drifted);
	json_put(answer, "changed", json_text_list(&drifted));
	json_put(answer, "damaged", damaged_to_json(l));
	json_put(answer, "unswept", unswept_to_json(l, running));
	json_put(answer, "out_of_service", drained ? json_text(drained) : json_null());
	json_put(answer, "set_aside", asides_to_json(asides));
	json_put(answer, "pruned_in_force", json_text_list(pruned));
	find_loaded(l, asides, &loaded);
	json_put(answer, "loaded", json_text_list(&loaded));
	json_put(answer, "swarm_locked", locked < 0 ? json_null() : json_boolean(locked));
	json_put(answer, "running", json_boolean(running));
	json_put(answer, "running_process",
		 holder.pid > 0 ? json_integer(holder.pid) : json_null());
	json_put(answer, "boot_recovery",
		 recovery == BOOT_RECOVERY_UNKNOWN ? json_null()
						   : json_boolean(recovery == BOOT_RECOVERY_ON));
	return json_write(answer);
}

/* Whether one waits to be confirmed: by when, and what keeps it. */
static bool put_undecided(const struct ledger *l, bool running, struct buf *b,
			  const struct style *s)
{
	bool found = false;

	for (size_t i = 0; i < l->count; i++) {
		const struct transaction_summary *t = &l->items[i];
		CLEANUP(freep) char *left = duration_text(t->left_usec);
		CLEANUP(freep) char *until = time_text(t->until_usec);
		CLEANUP(freep) char *confirm = options_command(l->c.o, "confirm");
		CLEANUP(freep) char *recover = options_command(l->c.o, "recover");

		if (t->state != TRANSACTION_WAITING)
			continue;
		buf_puts(b, "Waiting:  ");
		ledger_line(b, s, t);
		if (t->left_usec)
			buf_printf(b, "    %s left, until %s\nNext: %s %s\n", left, until, confirm,
				   t->id);
		else if (running)
			buf_puts(b, "    its time is over: it is about to be undone\n");
		else
			buf_printf(b,
				   "    its time is over, and no run of harden is undoing it\n"
				   "Next: %s\n",
				   recover);
		found = true;
	}
	return found;
}

static void put_without(struct buf *b, const struct style *s, const struct history *h,
			const struct transaction_summary *t)
{
	CLEANUP(strv_clear) struct strv part = {0};
	CLEANUP(freep) char *names = NULL, *line = NULL;

	part_undone(h, t, &part);
	if (part.count == 0)
		return;
	names = strv_join(&part, ", ");
	line = xasprintf("%s, undone by itself since", names);
	buf_puts(b, "Without:  ");
	wrap_text(b, s, 10, line);
}

static int print_text(struct ledger *l, const struct asides *asides, const struct strv *pruned)
{
	const struct transaction_summary *kept = newest_kept(l);
	CLEANUP(buf_clear) struct buf b = {0};
	CLEANUP(waits_clear) struct waits waits = {0};
	CLEANUP(strv_clear) struct strv loaded = {0}, left = {0}, gone = {0}, drifted = {0};
	struct style s = terminal_style(l->c.o);
	struct lock_holder holder = lock_holder_find(l->c.state.fd, STATE_LOCK);
	CLEANUP(freep) char *who = notice_who(&holder);
	bool running = holder.held, waiting;
	CLEANUP(facts_clear) struct facts now = {0};
	struct history h = {.items = l->items, .count = l->count};
	size_t open = 0;

	waits_find(l, &waits);
	left_look(&l->c, &h, &now);
	left_find(l, &h, &left);
	if (kept) {
		buf_puts(&b, "In force: ");
		ledger_line(&b, &s, kept);
		put_without(&b, &s, &h, kept);
	} else {
		buf_puts(&b, nothing_in_force(l, &waits, &left, asides, pruned));
	}
	gone_find(l, &gone);
	gone_put(&gone, l->c.o, &b, &s);
	drifted_find(l, &gone, &drifted);
	drifted_put(&drifted, l->c.o, &b, &s);
	waits_put(&b, &s, &waits);
	left_put(l, &h, &b, &s);
	if (!running)
		drain_put(l, &b, &s);
	put_asides(&b, &s, asides);
	put_pruned(&b, &s, pruned);
	find_loaded(l, asides, &loaded);
	for (size_t i = 0; i < loaded.count; i++) {
		buf_puts(&b, "Loaded:   ");
		wrap_text(&b, &s, 10, loaded.items[i]);
	}
	swarm_put(swarm_is_locked(&l->c), &b, &s);
	waiting = put_undecided(l, running, &b, &s);
	for (size_t i = 0; i < l->count; i++) {
		if (!notice_is_open(&l->items[i]) || l->items[i].state == TRANSACTION_WAITING)
			continue;
		buf_puts(&b, running ? "Running:  " : "Open:     ");
		ledger_line(&b, &s, &l->items[i]);
		open++;
	}
	if (!running && put_unswept(l, &b, &s))
		open++;
	if (running && !waiting)
		buf_printf(&b, "A run of harden%s is at work; there is nothing to recover.\n", who);
	else if (open)
		ledger_next(&b, &s, l);
	return terminal_write(&b);
}

int command_status(const struct options *o)
{
	CLEANUP(ledger_clear) struct ledger l = LEDGER_INIT;
	CLEANUP(asides_clear) struct asides asides = {0};
	CLEANUP(strv_clear) struct strv pruned = {0};
	CLEANUP(error_clear) struct error err = {0};
	int code = ledger_open(&l, o);

	if (code == CODE_OK &&
	    (open_asides(&l, &asides, &err) < 0 || pruned_list(&l.c.state, &pruned, &err) < 0))
		code = fail(CODE_ERROR, &err);
	if (code != CODE_OK)
		return code;
	notice_boot(&l.c);
	return o->format == FORMAT_JSON ? print_json(&l, &asides, &pruned)
					: print_text(&l, &asides, &pruned);
}
