/* harden recover: after a crash, undo or finish what was broken off. The boot unit runs it. */

#include "rollback/recover.h"

#include <errno.h>

#include "cli/command.h"
#include "cli/effector.h"
#include "cli/execute.h"
#include "cli/lock-wait.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/report/outcome.h"
#include "cli/report/style.h"
#include "cli/status-left.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"
#include "rollback/revert.h"
#include "rollback/set-aside.h"

static int print_text(const struct options *o, const struct recovery *recovery)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);

	for (size_t i = 0; i < recovery->notes.count; i++)
		wrap_text(&b, &s, 0, recovery->notes.items[i]);
	for (size_t i = 0; i < recovery->left.count; i++) {
		ink_text(&b, &s, INK_REMOVE, "needs a person: ");
		wrap_text(&b, &s, 13, recovery->left.items[i]);
	}
	for (size_t i = 0; i < recovery->waiting.count; i++)
		buf_printf(&b, "%s: waits to be confirmed; left as it is\n",
			   recovery->waiting.items[i]);
	outcome_settling(&b, &s, o, recovery->met_foreign);
	outcome_set_aside(&b, &s, o, &recovery->open);
	if (b.len == 0 && !o->quiet)
		buf_puts(&b, "Nothing to recover.\n");
	return terminal_write(&b);
}

static int print_json(const struct recovery *recovery, int code)
{
	json_t *answer = json_answer("recover");

	json_put(answer, "undone", json_integer((json_int_t)recovery->undone));
	json_put(answer, "finished", json_integer((json_int_t)recovery->finished));
	json_put(answer, "notes", json_text_list(&recovery->notes));
	json_put(answer, "left", json_text_list(&recovery->left));
	json_put(answer, "out_of_service", json_boolean(recovery->out_of_service));
	json_put(answer, "waiting", json_text_list(&recovery->waiting));
	json_put(answer, "exit_code", json_integer(code));
	return json_write(answer);
}

static int print(const struct options *o, const struct recovery *recovery, int code)
{
	int printed;

	if (code == CODE_OK && recovery->out_of_service) { /* the ledger is in order */
		message("needs a person: the host may be out of service");
		code = CODE_HANDS;
	}
	printed = o->format == FORMAT_JSON ? print_json(recovery, code) : print_text(o, recovery);

	return code != CODE_OK ? code : printed;
}

/* What both recoveries did; what is left is as the last one found it. `id` NULL: none was set aside. */
static int conclude(struct execution *x, const struct recovery *first, struct recovery *last,
		    const char *id, const struct error *why, int code)
{
	CLEANUP(strv_clear) struct strv later = {0};

	strv_add_all(&later, &last->notes);
	strv_clear(&last->notes);
	/* of the damage of what is set aside nothing is to be said any more */
	for (size_t i = 0; i < first->notes.count; i++)
		if (!id || !starts_with(first->notes.items[i], id))
			strv_add(&last->notes, first->notes.items[i]);
	if (id)
		strv_addf(&last->notes, "%s: set aside in " STATE_ASIDE "; the host stays as it is",
			  id);
	else
		strv_addf(&last->notes, "nothing is set aside: %s", error_text(why));
	for (size_t i = 0; i < later.count; i++)
		strv_add_once(&last->notes, later.items[i]);
	last->undone += first->undone;
	last->finished += first->finished;
	if (last->undone)
		left_note(x->c, &last->notes);
	return print(x->c->o, last, code);
}

/* What recovery can do is done first, and told; what it leaves, or cannot read, is set aside. */
static int set_aside(struct execution *x, struct recovery *recovery)
{
	CLEANUP(error_clear) struct error err = {0}, why = {0};
	CLEANUP(recovery_clear) struct recovery last = {0};
	CLEANUP(freep) char *id = NULL;
	struct context *c = x->c;
	bool keep = c->o->on_conflict == CONFLICT_KEEP;
	int r = transaction_check_set_aside(&c->state, c->o->set_aside, &why);

	if (r < 0)
		return fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, &why);
	recover(&c->state, &c->root, x->effector, keep, recovery, NULL);
	r = transaction_set_aside(&c->state, &c->root, &recovery->open, c->o->set_aside, &id,
				  &last.notes, &why);
	if (r < 0 && !recovery->undone && !recovery->finished)
		return fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, &why);
	/* what the first could not end is told by how it is now */
	r = recover(&c->state, &c->root, x->effector, keep, &last, &err);
	return conclude(x, recovery, &last, id, &why, r < 0 ? fail(CODE_HANDS, &err) : CODE_OK);
}

static int run(struct context *c)
{
	CLEANUP(execution_clear) struct execution x = {.c = c, .kind = "recover"};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(error_clear) struct error err = {0};
	int code = lock_wait(c);

	if (code == CODE_OK)
		notice_strays(c);
	if (code == CODE_OK)
		code = effector_open(c, &x.effector);
	if (code != CODE_OK)
		return code;
	if (c->o->set_aside)
		return set_aside(&x, &recovery);
	if (recover(&c->state, &c->root, x.effector, c->o->on_conflict == CONFLICT_KEEP, &recovery,
		    &err) < 0)
		code = fail(CODE_HANDS, &err);
	if (recovery.undone)
		left_note(c, &recovery.notes);
	return print(c->o, &recovery, code);
}

int command_recover(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	const struct recovery nothing = {0};
	int code;

	if (o->on_conflict == CONFLICT_BEFORE) {
		message("'recover' overwrites nothing that others changed: '--on-conflict' is stop "
			"or keep");
		return CODE_USAGE;
	}
	terminal_code_is_hosts();
	context_init(&c, o);
	code = context_writable_root(&c);
	if (code == CODE_OK)
		code = context_in_place(&c);
	if (code == CODE_OK)
		code = context_state(&c);
	if (code != CODE_OK)
		return code;
	if (c.state.fd < 0)
		return print(o, &nothing, CODE_OK);
	state_close(&c.state);
	return run(&c);
}
