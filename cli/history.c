/* harden history: all transactions, oldest first. */

#include "rollback/history.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/history-verify.h"
#include "cli/ledger.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "rollback/transaction-directory.h"

int ledger_open(struct ledger *l, const struct options *o)
{
	CLEANUP(error_clear) struct error err = {0};
	int code;

	context_init(&l->c, o);
	code = context_root(&l->c);
	if (code == CODE_OK)
		code = context_state(&l->c);
	if (code != CODE_OK || l->c.state.fd < 0)
		return code;
	if (history_list(&l->c.state, &l->items, &l->count, &err) < 0)
		return fail(CODE_ERROR, &err);
	notice_transactions(&l->c, l->items, l->count);
	return CODE_OK;
}

void ledger_clear(struct ledger *l)
{
	for (size_t i = 0; i < l->count; i++)
		transaction_summary_clear(&l->items[i]);
	free(l->items);
	context_clear(&l->c);
}

void ledger_line(struct buf *b, const struct style *s, const struct transaction_summary *t)
{
	CLEANUP(freep) char *started = time_text(t->started_usec);

	ink_text(b, s, INK_HEAD, t->id);
	buf_printf(b, "  %s  ", started);
	ink_text(b, s, INK_PLAIN, t->kind ? t->kind : "?");
	if (t->of) {
		buf_puts(b, " of ");
		ink_text(b, s, INK_PLAIN, t->of);
	}
	if (t->only) {
		buf_puts(b, " (only ");
		ink_text(b, s, INK_PLAIN, t->only);
		buf_puts(b, ")");
	}
	if (t->bisect) {
		buf_puts(b, " (bisect of ");
		ink_text(b, s, INK_PLAIN,
			 strcmp(t->bisect, BISECT_OF_TRIAL) == 0
				 ? "what dockerd would not start with"
				 : t->bisect);
		buf_puts(b, ")");
	}
	buf_printf(b, "  %s", transaction_state_to_string(t->state));
	if (t->rolled_back_by) {
		buf_puts(b, ", undone by ");
		ink_text(b, s, INK_PLAIN, t->rolled_back_by);
	}
	buf_putc(b, '\n');
	if (t->note) {
		buf_puts(b, "    ");
		wrap_text(b, s, 4, t->note);
	}
}

void ledger_next(struct buf *b, const struct style *s, const struct ledger *l)
{
	CLEANUP(freep) char *recover = options_command(l->c.o, "recover");

	buf_puts(b, "Next: ");
	ink_text(b, s, INK_PLAIN, recover);
	buf_putc(b, '\n');
}

json_t *ledger_to_json(const struct ledger *l)
{
	json_t *all = json_array();

	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(all, json_transaction(&l->items[i], false));
	return all;
}

static int print_json(const struct ledger *l)
{
	json_t *answer = json_answer("history");

	json_put(answer, "transactions", ledger_to_json(l));
	return json_write(answer);
}

int command_history(const struct options *o)
{
	CLEANUP(ledger_clear) struct ledger l = LEDGER_INIT;
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);
	int code = ledger_open(&l, o);

	if (code != CODE_OK)
		return code;
	if (o->verify)
		return history_verify(&l);
	if (o->format == FORMAT_JSON)
		return print_json(&l);
	for (size_t i = 0; i < l.count; i++)
		ledger_line(&b, &s, &l.items[i]);
	if (l.count == 0)
		buf_puts(&b, "No transactions.\n");
	return terminal_write(&b);
}
