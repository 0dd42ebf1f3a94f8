/* harden show: a past transaction by its id, or a saved plan by its path. */

#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/ledger.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/plan.h"
#include "cli/report/gap.h"
#include "cli/report/json.h"
#include "cli/report/text-header.h"
#include "cli/report/text.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

static int show_plan(const struct options *o, const char *path)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);
	struct plan_summary sum;
	int code = plan_load(path, &plan);
	json_t *answer;

	if (code != CODE_OK)
		return code;
	if (o->format == FORMAT_JSON) {
		sum = plan_summarize(&plan);
		answer = json_answer("show");
		json_put(answer, "plan", json_plan(&plan));
		json_put(answer, "summary", json_summary(&sum));
		return json_write(answer);
	}
	text_header(&b, &s, NULL, &plan);
	text_plan(&b, &s, NULL, &plan);
	return terminal_write(&b);
}

static void put_actor(struct buf *b, const struct style *s, const char *what, const struct actor *a)
{
	CLEANUP(freep) char *who = actor_text(a);

	if (!who)
		return;
	buf_printf(b, "    %s", what);
	wrap_text(b, s, 4 + strlen(what), who);
}

static int print_transaction(const struct options *o, const struct transaction_summary *t)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);
	json_t *answer;

	if (o->format == FORMAT_JSON) {
		answer = json_answer("show");
		json_put(answer, "transaction", json_transaction(t, true));
		return json_write(answer);
	}
	ledger_line(&b, &s, t);
	put_actor(&b, &s, "by ", &t->by);
	if (!actor_equal(&t->by, &t->decided_by))
		put_actor(&b, &s, "decided by ", &t->decided_by);
	gap_put_all(&b, &s, &t->gaps);
	buf_putc(&b, '\n');
	text_header(&b, &s, NULL, &t->plan);
	text_plan(&b, &s, NULL, &t->plan);
	return terminal_write(&b);
}

static int show_transaction(const struct options *o, const char *id)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	CLEANUP(error_clear) struct error err = {0};
	int code;

	context_init(&c, o);
	code = context_root(&c);
	if (code == CODE_OK)
		code = context_state(&c);
	if (code != CODE_OK)
		return code;
	if (c.state.fd < 0) {
		message("no transaction '%s': none is kept here", id);
		return CODE_ERROR;
	}
	notice_ledger(&c);
	if (history_load(&c.state, id, &t, &err) < 0)
		return fail(CODE_ERROR, &err);
	return print_transaction(o, &t);
}

int command_show(const struct options *o)
{
	const char *what = o->args.items[0];

	/* an id has no slash and no dot; a file may have neither, but then it is there */
	if (strchr(what, '/') || strchr(what, '.') || access(what, F_OK) == 0)
		return show_plan(o, what);
	return show_transaction(o, what);
}
