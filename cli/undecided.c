#include "cli/undecided.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "cli/notice.h"
#include "cli/plan.h"
#include "cli/report/outcome.h"
#include "cli/status-left.h"
#include "cli/terminal.h"
#include "cli/undecided-paths.h"
#include "cli/undecided-stops.h"
#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "rollback/recover.h"

#define WAITS "Waits to be confirmed, and would be undone as a whole: "

/* 1 and the one that waits, without the contents of its files; 0: none. */
static int find(const struct context *c, struct transaction_summary *ret, struct error *err)
{
	struct transaction_summary *all = NULL;
	size_t count = 0;
	int found = 0;
	int r = c->state.fd < 0 ? 0 : history_list(&c->state, &all, &count, err);

	for (size_t i = 0; i < count; i++) {
		if (!found && all[i].state == TRANSACTION_WAITING) {
			*ret = all[i];
			found = 1;
		} else {
			transaction_summary_clear(&all[i]);
		}
	}
	free(all);
	return r < 0 ? r : found;
}

static int refuse(const struct context *c, const struct transaction_summary *t, const char *what)
{
	CLEANUP(freep) char *text = notice_waiting(c->o, t, false);

	message("refused: %s; until then %s", text, what);
	return CODE_REFUSED;
}

int undecided_refuse(struct context *c)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = find(c, &t, &err);

	if (r < 0)
		return fail(CODE_ERROR, &err);
	return r ? refuse(c, &t, "nothing else is applied") : CODE_OK;
}

static bool needs_restart(const struct transaction_summary *t)
{
	return plan_handlers(&t->plan) & HANDLERS_RESTART;
}

/* What goes for a rollback that makes a plan of its own, and not for one that walks back all that was done. */
static int check_options(const struct context *c, const struct transaction_summary *t)
{
	const struct options *o = c->o;

	if (o->only.count)
		return refuse(c, t, "it can only be undone as a whole");
	if (o->given[OPT_ON_CONFLICT] && o->on_conflict != 1) {
		message("while it waits, a rollback leaves what others changed as it is: "
			"'--on-conflict' is keep");
		return CODE_USAGE;
	}
	if (o->no_restart && needs_restart(t)) {
		message("refused: dockerd would have to be restarted to undo %s", t->id);
		return CODE_REFUSED;
	}
	return CODE_OK;
}

/* A beginning of several ids names none of them, whichever of them waits. */
static int check_name(const struct context *c, const struct transaction_summary *t)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(error_clear) struct error err = {0};
	const char *name = c->o->args.count ? c->o->args.items[0] : t->id;
	size_t named = 0;

	if (state_transactions(&c->state, &ids, &err) < 0)
		return fail(CODE_ERROR, &err);
	for (size_t i = 0; i < ids.count; i++)
		named += starts_with(ids.items[i], name);
	if (named > 1)
		message("several transactions begin with '%s'; the one that waits is %s", name,
			t->id);
	else if (named == 0)
		message("there is no transaction '%s'; the one that waits is %s", name, t->id);
	if (named != 1)
		return CODE_ERROR;
	return starts_with(t->id, name) ? CODE_OK : refuse(c, t, "nothing else is rolled back");
}

/* Whether this rollback is of the one that waits: CODE_OK, or why it is not to be. */
static int check(const struct context *c, const struct transaction_summary *t)
{
	int code = check_name(c, t);

	return code == CODE_OK ? check_options(c, t) : code;
}

/* Containers that stop with a restart of dockerd, and what else speaks against it; consent is to what is said. */
static void put_harm(const struct context *c, const struct transaction_summary *t, struct buf *b,
		     const struct style *s)
{
	const struct stopped_list *all = &t->plan.stopped;
	const struct strv *consented = &t->plan.consented;

	if (all->count && needs_restart(t))
		buf_printf(b, "  containers that the restart may stop%s:\n",
			   undecided_stops_are_known(c) ? "" : ", as at the apply");
	for (size_t i = 0; needs_restart(t) && i < all->count; i++) {
		buf_puts(b, "    ");
		wrap_text(b, s, 4, all->items[i].text);
	}
	if (consented->count)
		buf_puts(b, "  what --ack consents to:\n");
	for (size_t i = 0; i < consented->count; i++) {
		buf_puts(b, "    ");
		wrap_text(b, s, 4, consented->items[i]);
	}
}

static void put_preview(const struct context *c, const struct transaction_summary *t,
			const char *what, struct buf *b, const struct style *s)
{
	bool out = undecided_leaves_out(c, &t->plan);

	buf_puts(b, what);
	ink_text(b, s, INK_HEAD, t->id);
	buf_putc(b, '\n');
	undecided_put_paths(c, t, b, s);
	for (int h = 0; h < HANDLER_COUNT; h++)
		if (plan_handlers(&t->plan) & HANDLER_BIT(h))
			buf_printf(b, "  %s%s\n", handler_phrase((enum handler)h),
				   HANDLER_BIT(h) & HANDLERS_DOCKERD && out
					   ? ": left out, beside what others changed"
					   : "");
	put_harm(c, t, b, s);
}

/* What it stops is named before anybody consents to it: with --yes, too. */
static int show(const struct context *c, const struct transaction_summary *t)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(c->o);

	if (c->o->format != FORMAT_JSON)
		put_preview(c, t, WAITS, &b, &s);
	return terminal_write(&b) == CODE_OK ? CODE_OK : CODE_ERROR;
}

static int ask(const struct transaction_summary *t)
{
	if (terminal_ask(needs_restart(t) ? "Roll back, with a restart of dockerd?" : "Roll back?"))
		return CODE_OK;
	message("not confirmed: nothing was changed");
	return CODE_ERROR;
}

/* After the answer it has to be as it was, and nothing more come of it than was told. */
static int look_again(struct context *c, struct transaction_summary *t)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary now = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = find(c, &now, &err), code;

	if (r < 0)
		return fail(CODE_ERROR, &err);
	if (r == 0 || strcmp(now.id, t->id) != 0) {
		message("refused: %s does not wait to be confirmed any more", t->id);
		return CODE_REFUSED;
	}
	code = undecided_check_again(c, t, &now);
	strv_add_all(&t->plan.consented, &now.plan.consented); /* less of it, or in another order */
	return code;
}

/* Not under the lock: behind it the timer would wait, and whoever keeps it. */
static int consent(struct context *c, struct transaction_summary *t)
{
	int code;

	if (c->o->yes)
		return show(c, t);
	state_unlock(&c->state);
	code = show(c, t);
	if (code == CODE_OK)
		code = ask(t);
	if (code == CODE_OK)
		code = context_lock_again(c);
	return code == CODE_OK ? look_again(c, t) : code;
}

static int print_text(const struct execution *x, const struct recovery *recovery)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(x->c->o);

	for (size_t i = 0; i < recovery->notes.count; i++)
		wrap_text(&b, &s, 0, recovery->notes.items[i]);
	for (size_t i = 0; recovery->left.count && i < recovery->held.count; i++)
		wrap_text(&b, &s, 0, recovery->held.items[i]); /* else it is the error */
	for (size_t i = 0; i < recovery->left.count; i++) {
		ink_text(&b, &s, INK_REMOVE, "needs a person: ");
		wrap_text(&b, &s, 13, recovery->left.items[i]);
	}
	outcome_set_aside(&b, &s, x->c->o, &recovery->open);
	return terminal_write(&b);
}

void undecided_take_plan(struct context *c, struct transaction_summary *t)
{
	plan_clear(&c->plan);
	c->plan = t->plan;
	t->plan = (struct plan){0};
}

static int code_of(int r, struct error *err)
{
	if (r >= 0)
		return CODE_OK;
	return fail(r == -EPERM ? CODE_REFUSED : CODE_HANDS, err); /* what is held was not begun */
}

/* The files are back, and not what they had brought into force. */
static int name_left_out(const struct context *c)
{
	CLEANUP(freep) char *status = options_command(c->o, "status");

	message("needs a person: beside what others changed not all was put out of force; '%s' "
		"tells what is so still",
		status);
	return CODE_HANDS;
}

static int take_back(struct execution *x, struct transaction_summary *t)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct context *c = x->c;
	int code;

	terminal_code_is_hosts();
	/* each of them was named, and what speaks against it as well */
	x->effector->consented = &t->plan.stopped;
	x->effector->consented_to = &t->plan.consented;
	code = code_of(
		recover_taking_back(&c->state, &c->root, x->effector, t->id, &recovery, &err),
		&err);
	x->effector->consented = NULL;
	x->effector->consented_to = NULL;
	if (code == CODE_OK && recovery.left_out)
		code = name_left_out(c);
	if (recovery.undone)
		left_note(c, &recovery.notes); /* with what takes it out */
	if (c->o->format != FORMAT_JSON)
		return print_text(x, &recovery) != CODE_OK && code == CODE_OK ? CODE_ERROR : code;
	undecided_take_plan(c, t);
	x->result.id = xstrdup(t->id);
	x->result.state = code == CODE_OK || recovery.left_out ? TRANSACTION_ROLLED_BACK
			  : recovery.held.count                ? TRANSACTION_WAITING
							       : TRANSACTION_STUCK;
	x->until_usec = t->until_usec;
	strv_add_all(&x->result.notes, &recovery.notes);
	strv_add_all(&x->result.notes, &recovery.held);
	strv_add_all(&x->result.left, &recovery.left);
	return outcome_print(x, code);
}

int undecided_rollback(struct execution *x, bool *ret_done)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = find(x->c, &t, &err), code;

	*ret_done = r != 0;
	if (r <= 0)
		return r < 0 ? fail(CODE_ERROR, &err) : CODE_OK;
	code = check(x->c, &t);
	if (code == CODE_OK)
		code = undecided_check_stops(x->c, &t);
	if (code == CODE_OK)
		code = consent(x->c, &t);
	return code == CODE_OK ? take_back(x, &t) : code;
}

int undecided_check_newest(const struct context *c, const struct history *h, size_t at,
			   struct error *err)
{
	const struct transaction_summary *newest = &h->items[h->count - 1];
	CLEANUP(freep) char *again = options_command(c->o, "rollback");

	if (at == h->count - 1 || !newest->waited || newest->state != TRANSACTION_ROLLED_BACK)
		return 0;
	return error_set(err, -ESTALE,
			 "refused: %s was put back already%s%s, and without an id nothing else is "
			 "undone; '%s %s' undoes the one before it",
			 newest->id, newest->note ? ": " : "", newest->note ? newest->note : "",
			 again, h->items[at].id);
}

void undecided_return_plan(struct context *c, const struct transaction_summary *t)
{
	if (t->lent)
		c->plan = (struct plan){0};
}

int undecided_show(struct context *c, struct transaction_summary *t, const char *what)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(c->o);

	if (c->o->format == FORMAT_JSON) {
		int code;

		undecided_take_plan(c, t);
		code = plan_print_json(c, "rollback");
		undecided_return_plan(c, t);
		return code;
	}
	put_preview(c, t, what, &b, &s);
	return terminal_write(&b);
}

int undecided_preview(struct context *c, bool *ret_done)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = find(c, &t, &err), code, shown;

	*ret_done = r != 0;
	if (r <= 0)
		return r < 0 ? fail(CODE_ERROR, &err) : CODE_OK;
	code = check(c, &t);
	if (code != CODE_OK)
		return code;
	code = undecided_check_stops(c, &t);
	if (code != CODE_OK && code != CODE_REFUSED)
		return code;
	undecided_check_paths(c, &t.plan);
	shown = undecided_show(c, &t, WAITS); /* refused or not, it is there to be looked at */
	return shown != CODE_OK ? shown : code;
}
