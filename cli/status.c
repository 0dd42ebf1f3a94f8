/* harden status: the newest transaction, and whether anything is broken off or waits. */

#include "cli/command.h"
#include "cli/ledger.h"
#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/plan/json-util.h"

/* The newest that is in force: kept, and not undone since. */
static const struct transaction_summary *newest_kept(const struct ledger *l)
{
	for (size_t i = l->count; i > 0; i--) {
		const struct transaction_summary *t = &l->items[i - 1];

		if (t->state == TRANSACTION_COMMITTED && !t->rolled_back_by && !t->of)
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

/* The newest that was kept: what it could not bring into force at once may still wait. */
static const struct transaction_summary *newest(const struct ledger *l)
{
	for (size_t i = l->count; i > 0; i--)
		if (l->items[i - 1].state == TRANSACTION_COMMITTED)
			return &l->items[i - 1];
	return NULL;
}

/* The n-th effect of it that had to wait; NULL behind the last. */
static const struct effect *waiting(const struct transaction_summary *t, size_t n)
{
	for (size_t i = 0; t && i < t->plan.nstages; i++)
		for (size_t k = 0; k < t->plan.stages[i].effects.count; k++) {
			const struct effect *e = &t->plan.stages[i].effects.items[k];

			if (e->pending && n-- == 0)
				return e;
		}
	return NULL;
}

static json_t *waiting_to_json(const struct ledger *l)
{
	json_t *all = json_array();
	const struct effect *e;

	for (size_t i = 0; (e = waiting(newest(l), i)); i++) {
		json_t *one = json_object();

		json_put(one, "control", json_text(e->control));
		json_put(one, "subject", json_text(e->subject));
		json_put(one, "reason", json_text(e->pending));
		json_array_append_new(all, one);
	}
	return all;
}

static void put_waiting(struct buf *b, const struct style *s, const struct ledger *l)
{
	const struct effect *e;

	for (size_t i = 0; (e = waiting(newest(l), i)); i++) {
		CLEANUP(freep)
		char *line =
			xasprintf("%s was written by %s, and not in force then: %s. It is so "
				  "after a restart of dockerd without containers, or a reboot.",
				  e->subject, newest(l)->id, e->pending);

		buf_puts(b, "Waits:    ");
		wrap_text(b, s, 10, line);
	}
}

static int print_json(const struct ledger *l)
{
	const struct transaction_summary *kept = newest_kept(l);
	enum boot_recovery recovery = notice_boot_recovery(&l->c.root);
	json_t *answer = json_answer("status"), *open = json_array();

	json_put(answer, "transactions", json_integer((json_int_t)l->count));
	json_put(answer, "in_force", kept ? json_transaction(kept, false) : json_null());
	for (size_t i = 0; i < l->count; i++)
		if (notice_is_open(&l->items[i]))
			json_array_append_new(open, json_transaction(&l->items[i], false));
	json_put(answer, "open", open);
	json_put(answer, "waits", waiting_to_json(l));
	json_put(answer, "damaged", damaged_to_json(l));
	json_put(answer, "running", json_boolean(notice_is_running(&l->c.state)));
	json_put(answer, "boot_recovery",
		 recovery == BOOT_RECOVERY_UNKNOWN ? json_null()
						   : json_boolean(recovery == BOOT_RECOVERY_ON));
	return json_write(answer);
}

static int print_text(const struct ledger *l)
{
	const struct transaction_summary *kept = newest_kept(l);
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(l->c.o);
	bool running = notice_is_running(&l->c.state);
	size_t open = 0;

	if (kept) {
		buf_puts(&b, "In force: ");
		ledger_line(&b, &s, kept);
	} else {
		buf_puts(&b, l->count ? "In force: nothing; all was undone.\n"
				      : "Nothing was ever applied here.\n");
	}
	put_waiting(&b, &s, l);
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
	int code = ledger_open(&l, o);

	if (code != CODE_OK)
		return code;
	return o->format == FORMAT_JSON ? print_json(&l) : print_text(&l);
}
