/* harden status: the newest transaction, and whether anything is broken off or waits. */

#include "cli/command.h"
#include "cli/ledger.h"
#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/terminal.h"
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
