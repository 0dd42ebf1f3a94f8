/* harden status: the newest transaction, and whether anything is broken off or waits. */

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/ledger.h"
#include "cli/loaded.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "rollback/history-left.h"
#include "rollback/pruned.h"
#include "rollback/set-aside.h"
#include "rollback/transaction-folder.h"

#define LEFT_SHOWN 3 /* of one file by name */

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

/* What was kept, and could not be brought into force at once. */
struct wait {
	const struct transaction_summary *of;
	const struct effect *effect;
};

struct waits {
	struct wait *items;
	size_t count;
};

static void waits_clear(struct waits *w)
{
	free(w->items);
	*w = (struct waits){0};
}

/* Whether a later one that was kept did something about the same: then it is that one that tells. */
static bool is_overtaken(const struct ledger *l, size_t at, struct subject subject)
{
	for (size_t n = at + 1; n < l->count; n++)
		if (l->items[n].state == TRANSACTION_COMMITTED &&
		    plan_find_effect(&l->items[n].plan, subject))
			return true;
	return false;
}

static void add_waits(const struct ledger *l, size_t at, struct waits *ret)
{
	const struct transaction_summary *t = &l->items[at];
	const struct history h = {l->items, l->count};

	for (size_t i = 0; i < t->plan.nstages; i++)
		for (size_t k = 0; k < t->plan.stages[i].effects.count; k++) {
			const struct effect *e = &t->plan.stages[i].effects.items[k];
			struct wait *w;

			if (!e->pending || is_overtaken(l, at, e->subject) ||
			    !history_stands(&h, h.count, t, e->control, NULL))
				continue;
			w = array_append(&ret->items, &ret->count, sizeof(*w));
			*w = (struct wait){t, e};
		}
}

/* Newest first. A boot since has ended the wait: no container ran when dockerd started. */
static void waits_find(const struct ledger *l, struct waits *ret)
{
	CLEANUP(freep) char *boot = l->c.root.offline ? NULL : current_boot_id();

	for (size_t i = l->count; i > 0; i--) {
		const struct transaction_summary *t = &l->items[i - 1];

		if (t->state != TRANSACTION_COMMITTED ||
		    (boot && t->boot_id && strcmp(boot, t->boot_id) != 0))
			continue;
		add_waits(l, i - 1, ret);
	}
}

static json_t *waiting_to_json(const struct ledger *l)
{
	CLEANUP(waits_clear) struct waits waits = {0};
	json_t *all = json_array();

	waits_find(l, &waits);
	for (size_t i = 0; i < waits.count; i++) {
		const struct effect *e = waits.items[i].effect;
		CLEANUP(freep) char *subject = subject_print(e->subject);
		json_t *one = json_object();

		json_put(one, "control", json_text(e->control));
		json_put(one, "subject", json_text(subject));
		json_put(one, "reason", json_text(e->pending));
		json_array_append_new(all, one);
	}
	return all;
}

static void put_waiting(struct buf *b, const struct style *s, const struct waits *waits)
{
	for (size_t i = 0; i < waits->count; i++) {
		const struct wait *w = &waits->items[i];
		CLEANUP(freep) char *subject = subject_print(w->effect->subject);
		CLEANUP(freep)
		char *line =
			xasprintf("%s was written by %s, and not in force then: %s. It is so "
				  "after a restart of dockerd without containers, or a reboot.",
				  subject, w->of->id, w->effect->pending);

		buf_puts(b, "Waits:    ");
		wrap_text(b, s, 10, line);
	}
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

static void find_left(const struct ledger *l, struct strv *ret)
{
	const struct history h = {l->items, l->count};

	history_left(&h, &l->c.root, ret);
}

static const char *path_of(const char *left)
{
	const char *of = strstr(left, " of /");

	while (of && strstr(of + 1, " of /"))
		of = strstr(of + 1, " of /");
	return of ? of + 4 : left;
}

static size_t count_of(const struct strv *left, const char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < left->count; i++)
		n += strcmp(path_of(left->items[i]), path) == 0;
	return n;
}

/* For people: many of one file are told by their number; each by name is in the JSON. */
static char *left_list(const struct strv *left)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	for (size_t i = 0; i < left->count; i++) {
		const char *path = path_of(left->items[i]);
		size_t n = count_of(left, path);
		CLEANUP(freep) char *many = xasprintf("%zu values of %s", n, path);

		strv_add_once(&lines, n > LEFT_SHOWN ? many : left->items[i]);
	}
	return strv_join(&lines, ", ");
}

static void put_left(struct buf *b, const struct style *s, const struct strv *left)
{
	CLEANUP(freep) char *list = left_list(left);
	CLEANUP(freep)
	char *line =
		xasprintf("somebody had changed it by the time of the rollback, and it was left "
			  "as it was found: %s. 'harden check' tells what is so now",
			  list);

	if (left->count == 0)
		return;
	buf_puts(b, "Left:     ");
	wrap_text(b, s, 10, line);
}

/* Why nothing is said to be in force; what is open or cannot be read may be so all the same. */
static const char *nothing_in_force(const struct ledger *l, const struct waits *waits,
				    const struct strv *left, const struct asides *asides,
				    const struct strv *pruned)
{
	bool damaged = false, open = false, kept = false;

	for (size_t i = 0; i < l->count; i++) {
		damaged |= l->items[i].state == TRANSACTION_DAMAGED;
		open |= notice_is_open(&l->items[i]);
		kept |= l->items[i].state == TRANSACTION_COMMITTED;
	}
	if (l->count == 0 && asides->count == 0 && pruned->count == 0)
		return "In force: not known; no transaction is kept here (none was made, or what "
		       "one that was pruned or lost changed stands).\n";
	if (damaged)
		return "In force: not known; a transaction cannot be read.\n";
	if (open)
		return "In force: not known; a transaction is open.\n";
	if (asides->count)
		return "In force: not known; a transaction was set aside.\n";
	if (pruned->count)
		return "In force: not known; a transaction in force was pruned.\n";
	if (waits->count)
		return "In force: all was undone, but for what waits.\n";
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
				  "tells what is so now",
				  pruned->items[i]);

		buf_puts(b, "Pruned:   ");
		wrap_text(b, s, 10, line);
	}
}

static int print_json(const struct ledger *l, const struct asides *asides,
		      const struct strv *pruned)
{
	const struct transaction_summary *kept = newest_kept(l);
	enum boot_recovery recovery = notice_boot_recovery(&l->c.root);
	json_t *answer = json_answer("status"), *open = json_array();
	CLEANUP(strv_clear) struct strv loaded = {0}, left = {0};

	json_put(answer, "transactions", json_integer((json_int_t)l->count));
	json_put(answer, "in_force", kept ? json_transaction(kept, false) : json_null());
	for (size_t i = 0; i < l->count; i++)
		if (notice_is_open(&l->items[i]))
			json_array_append_new(open, json_transaction(&l->items[i], false));
	json_put(answer, "open", open);
	json_put(answer, "waits", waiting_to_json(l));
	find_left(l, &left);
	json_put(answer, "left", json_text_list(&left));
	json_put(answer, "damaged", damaged_to_json(l));
	json_put(answer, "set_aside", asides_to_json(asides));
	json_put(answer, "pruned_in_force", json_text_list(pruned));
	find_loaded(l, asides, &loaded);
	json_put(answer, "loaded", json_text_list(&loaded));
	json_put(answer, "running", json_boolean(notice_is_running(&l->c.state)));
	json_put(answer, "boot_recovery",
		 recovery == BOOT_RECOVERY_UNKNOWN ? json_null()
						   : json_boolean(recovery == BOOT_RECOVERY_ON));
	return json_write(answer);
}

static int print_text(const struct ledger *l, const struct asides *asides,
		      const struct strv *pruned)
{
	const struct transaction_summary *kept = newest_kept(l);
	CLEANUP(buf_clear) struct buf b = {0};
	CLEANUP(waits_clear) struct waits waits = {0};
	CLEANUP(strv_clear) struct strv loaded = {0}, left = {0};
	struct style s = terminal_style(l->c.o);
	bool running = notice_is_running(&l->c.state);
	size_t open = 0;

	waits_find(l, &waits);
	find_left(l, &left);
	if (kept) {
		buf_puts(&b, "In force: ");
		ledger_line(&b, &s, kept);
	} else {
		buf_puts(&b, nothing_in_force(l, &waits, &left, asides, pruned));
	}
	put_waiting(&b, &s, &waits);
	put_left(&b, &s, &left);
	put_asides(&b, &s, asides);
	put_pruned(&b, &s, pruned);
	find_loaded(l, asides, &loaded);
	for (size_t i = 0; i < loaded.count; i++) {
		buf_puts(&b, "Loaded:   ");
		wrap_text(&b, &s, 10, loaded.items[i]);
	}
	for (size_t i = 0; i < l->count; i++) {
		if (!notice_is_open(&l->items[i]))
			continue;
		buf_puts(&b, running ? "Running:  " : "Open:     ");
		ledger_line(&b, &s, &l->items[i]);
		open++;
	}
	if (running)
		buf_puts(&b, "A run of harden is at work; there is nothing to recover.\n");
	else if (open)
		buf_puts(&b, "Next: harden recover\n");
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
