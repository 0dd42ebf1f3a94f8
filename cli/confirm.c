/* harden confirm: keep a transaction that waits to be confirmed, or give it more time. */

#include "rollback/confirm.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/duration.h"
#include "cli/effector.h"
#include "cli/execute.h"
#include "cli/message.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "rollback/recover.h"

/* One that this command is about, and what came of it. */
struct confirming {
	struct execution x; /* the context, and what undoes it */
	char *id;
	struct standing standing;
	struct recovery recovery;
};

static void confirming_clear(struct confirming *c)
{
	execution_clear(&c->x);
	standing_clear(&c->standing);
	recovery_clear(&c->recovery);
	free(c->id);
}

/* The one that is named, else the one that waits, else the newest: that may have waited until just now. */
static int choose(const struct options *o, const struct transaction_summary *all, size_t count,
		  size_t *ret, struct error *err)
{
	if (o->args.count)
		return history_find(all, count, o->args.items[0], ret, err);
	for (size_t i = 0; i < count; i++) {
		if (all[i].state != TRANSACTION_WAITING)
			continue;
		*ret = i;
		return 0;
	}
	if (count == 0 || !all[count - 1].waited)
		return error_set(err, -ENOENT, "no transaction waits to be confirmed");
	*ret = count - 1;
	return 0;
}

static int find(struct confirming *c)
{
	struct transaction_summary *all = NULL;
	CLEANUP(error_clear) struct error err = {0};
	size_t count = 0, at = 0;
	int r = history_list(&c->x.c->state, &all, &count, &err);

	if (r >= 0)
		r = choose(c->x.c->o, all, count, &at, &err);
	if (r >= 0)
		c->id = xstrdup(all[at].id);
	for (size_t i = 0; i < count; i++)
		transaction_summary_clear(&all[i]);
	free(all);
	return r < 0 ? fail(CODE_ERROR, &err) : CODE_OK;
}

static int look(struct confirming *c)
{
	CLEANUP(error_clear) struct error err = {0};

	standing_clear(&c->standing);
	return standing_read(&c->x.c->state, c->id, &c->standing, &err) < 0 ? fail(CODE_HANDS, &err)
									    : CODE_OK;
}

/* What it is when it waits no more, as the exit code of the apply that waited for this. */
static int code_of_decided(const struct confirming *c)
{
	const struct standing *s = &c->standing;
	const char *state = transaction_state_to_string(s->state);

	if (!s->waited) {
		message("transaction %s does not wait to be confirmed: it is %s", c->id, state);
		return CODE_ERROR;
	}
	switch (s->state) {
	case TRANSACTION_COMMITTED:
		if (!c->x.c->o->extend_ms)
			return CODE_OK;
		message("refused: transaction %s is confirmed already", c->id);
		return CODE_REFUSED;
	case TRANSACTION_ROLLED_BACK:
		message("transaction %s is put back: %s", c->id, s->failure ? s->failure : "?");
		return CODE_PUT_BACK;
	default:
		message("transaction %s waits no more: it is %s", c->id, state);
		return CODE_HANDS;
	}
}

/* Its time is over, and whoever undoes it has not begun: who came too late does it. */
static int undo(struct confirming *c)
{
	CLEANUP(error_clear) struct error err = {0};
	struct context *context = c->x.c;
	int code = CODE_OK;

	message("the time to confirm transaction %s is over", c->id);
	if (recover(&context->state, &context->root, c->x.effector, false, &c->recovery, &err) < 0)
		code = fail(CODE_HANDS, &err);
	for (size_t i = 0; i < c->recovery.left.count; i++)
		message("needs a person: %s", c->recovery.left.items[i]);
	return code == CODE_OK ? look(c) : code;
}

static int decide(struct confirming *c)
{
	CLEANUP(error_clear) struct error err = {0};
	const struct context *context = c->x.c;
	uint64_t more = (uint64_t)context->o->extend_ms * 1000;
	int r = more ? confirm_extend(&context->state, c->x.effector, c->id, more, &err)
		     : confirm_transaction(&context->state, &context->root, c->x.effector, c->id,
					   &err);
	int code = CODE_OK;

	if (r == -ERANGE)
		return fail(CODE_USAGE, &err);
	if (r < 0 && r != -ETIME && r != -ESTALE && more)
		return fail(CODE_ERROR, &err); /* it waits as long as before */
	if (r < 0 && r != -ETIME && r != -ESTALE) {
		error_wrap(&err, r, "whether transaction '%s' is kept is not known", c->id);
		return fail(CODE_HANDS, &err);
	}
	if (r == -ETIME)
		code = undo(c);
	else
		code = look(c);
	if (code != CODE_OK || c->standing.state == TRANSACTION_WAITING)
		return code;
	return code_of_decided(c);
}

static void put_waiting(const struct confirming *c, struct buf *b)
{
	CLEANUP(freep) char *left = duration_text(c->standing.left_usec);
	CLEANUP(freep) char *until = time_text(c->standing.until_usec);

	buf_printf(b, "Transaction %s waits to be confirmed, %s left (until %s).\n", c->id, left,
		   until);
}

static int print_text(const struct confirming *c, int code)
{
	CLEANUP(freep) char *undo = options_command(c->x.c->o, "rollback");
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(c->x.c->o);

	if (code == CODE_OK && c->standing.state == TRANSACTION_WAITING)
		put_waiting(c, &b);
	else if (code == CODE_OK)
		buf_printf(&b, "Transaction %s kept.\nUndo: %s %s\n", c->id, undo, c->id);
	for (size_t i = 0; i < c->recovery.notes.count; i++)
		wrap_text(&b, &s, 0, c->recovery.notes.items[i]);
	return terminal_write(&b);
}

static int print_json(const struct confirming *c, int code)
{
	CLEANUP(freep) char *until = time_text(c->standing.until_usec);
	bool waits = c->standing.state == TRANSACTION_WAITING;
	json_int_t left = (json_int_t)((c->standing.left_usec + 999999) / 1000000);
	json_t *answer = json_answer("confirm");

	json_put(answer, "id", json_text(c->id));
	json_put(answer, "state", json_string(transaction_state_to_string(c->standing.state)));
	json_put(answer, "waits_until", waits ? json_string(until) : json_null());
	json_put(answer, "seconds_left", waits ? json_integer(left) : json_null());
	json_put(answer, "notes", json_text_list(&c->recovery.notes));
	json_put(answer, "left", json_text_list(&c->recovery.left));
	json_put(answer, "exit_code", json_integer(code));
	return json_write(answer);
}

static int run(struct confirming *c)
{
	int code = find(c), printed;

	if (code != CODE_OK)
		return code;
	terminal_code_is_hosts();
	code = decide(c);
	if (code != CODE_OK && code != CODE_PUT_BACK)
		return code;
	printed = c->x.c->o->format == FORMAT_JSON ? print_json(c, code) : print_text(c, code);
	return code != CODE_OK ? code : printed;
}

int command_confirm(const struct options *o)
{
	CLEANUP(context_clear) struct context context = CONTEXT_INIT;
	CLEANUP(confirming_clear) struct confirming c = {.x = {.c = &context}};
	int code;

	context_init(&context, o);
	code = context_writable_root(&context);
	if (code == CODE_OK)
		code = context_in_place(&context);
	if (code == CODE_OK)
		code = context_state(&context);
	if (code == CODE_OK && context.state.fd < 0) {
		message("no transaction waits to be confirmed");
		return CODE_ERROR;
	}
	state_close(&context.state);
	if (code == CODE_OK)
		code = context_lock(&context);
	if (code == CODE_OK)
		code = effector_open(&context, &c.x.effector);
	return code == CODE_OK ? run(&c) : code;
}
