/* harden status: the newest transaction, and whether anything is broken off or waits. */

#include "cli/command.h"
#include "cli/ledger.h"
#include "cli/report/json.h"
#include "cli/terminal.h"
#include "engine/plan/json-util.h"

/* Broken off, waiting, or in need of a person. */
static bool is_open(const struct transaction_summary *t)
{
	switch (t->state) {
	case TRANSACTION_COMMITTED:
	case TRANSACTION_ROLLED_BACK:
	case TRANSACTION_OPEN:
		return false;
	case TRANSACTION_PREPARED:
	case TRANSACTION_APPLIED:
	case TRANSACTION_WAITING:
	case TRANSACTION_UNDOING:
	case TRANSACTION_IN_DOUBT:
	case TRANSACTION_STUCK:
	case TRANSACTION_STATE_COUNT:
		break;
	}
	return true;
}

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

static int print_json(const struct ledger *l)
{
	const struct transaction_summary *kept = newest_kept(l);
	json_t *answer = json_answer("status"), *open = json_array();

	json_put(answer, "transactions", json_integer((json_int_t)l->count));
	json_put(answer, "in_force", kept ? json_transaction(kept, false) : json_null());
	for (size_t i = 0; i < l->count; i++)
		if (is_open(&l->items[i]))
			json_array_append_new(open, json_transaction(&l->items[i], false));
	json_put(answer, "open", open);
	return json_write(answer);
}

static int print_text(const struct ledger *l)
{
	const struct transaction_summary *kept = newest_kept(l);
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(l->c.o);
	size_t open = 0;

	if (kept) {
		buf_puts(&b, "In force: ");
		ledger_line(&b, &s, kept);
	} else {
		buf_puts(&b, l->count ? "In force: nothing; all was undone.\n"
				      : "Nothing was ever applied here.\n");
	}
	for (size_t i = 0; i < l->count; i++) {
		if (!is_open(&l->items[i]))
			continue;
		buf_puts(&b, "Open:     ");
		ledger_line(&b, &s, &l->items[i]);
		open++;
	}
	if (open)
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
