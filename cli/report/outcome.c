#include "cli/report/outcome.h"

#include <string.h>
#include <unistd.h>

#include "cli/duration.h"
#include "cli/last-gap.h"
#include "cli/message.h"
#include "cli/outlet.h"
#include "cli/report/bisect.h"
#include "cli/report/gap.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/reselect.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/gap-json.h"
#include "engine/format/json-util.h"

#define COLUMN_TIME 26

static void put_phase(const struct phase *phase)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = {.utf8 = style_locale_is_utf8()};

	buf_puts(&b, "  ");
	ink_text(&b, &s, INK_PLAIN, phase->name);
	pad_to(&b, 2 + text_width(phase->name), COLUMN_TIME, 1);
	buf_printf(&b, "%6.2f s\n", phase->ms / 1000);
	/* a reader that went away must not stop the run, nor one that does not read */
	outlet_write(STDOUT_FILENO, b.data, b.len);
}

void outcome_phase(struct execution *x, const char *name, double ms)
{
	struct phase *phase = array_append(&x->phases, &x->nphases, sizeof(*phase));

	phase->name = xstrdup(name);
	phase->ms = ms;
	if (x->tries == TRIES_NONE && x->c->o->format == FORMAT_TEXT && !x->c->o->quiet)
		put_phase(phase);
}

/* The command that undoes (or tries the rest of) this run, on the same root. */
static char *command_line(const struct execution *x, const char *verb, const char *rest)
{
	CLEANUP(freep) char *command = options_command(x->c->o, verb);

	return xasprintf("%s %s", command, rest);
}

static void put_notes(struct buf *b, const struct style *s, const struct execution *x)
{
	gap_put(b, s, &x->result.gaps);
	for (size_t i = 0; i < x->result.notes.count; i++) {
		buf_puts(b, "  . ");
		wrap_text(b, s, 4, x->result.notes.items[i]);
	}
}

/* What speaks against the undo's restart may be more by then: who consents has to read it then. */
static void put_consent(struct buf *b, const struct style *s, const struct execution *x,
			const char *undo)
{
	CLEANUP(freep)
	char *line = xasprintf("something speaks against it: '%s --dry-run' tells what, and "
			       "'--ack %s' consents to it",
			       undo, x->undo_ack);

	buf_puts(b, "  . ");
	wrap_text(b, s, 4, line);
}

static void put_kept(struct buf *b, const struct style *s, const struct execution *x)
{
	CLEANUP(freep) char *undo = command_line(x, "rollback", x->result.id);

	buf_puts(b, "Transaction ");
	ink_text(b, s, INK_HEAD, x->result.id);
	buf_puts(b, " kept.\n");
	put_notes(b, s, x);
	buf_puts(b, "Undo: ");
	ink_text(b, s, INK_PLAIN, undo);
	buf_putc(b, '\n');
	if (x->undo_ack) /* not in the command: consent is to what speaks against it then */
		put_consent(b, s, x, undo);
}

void outcome_waiting(const struct execution *x)
{
	CLEANUP(freep) char *confirm = command_line(x, "confirm", x->result.id);
	CLEANUP(freep) char *undo = command_line(x, "rollback", x->result.id);
	CLEANUP(freep) char *wait = duration_text((uint64_t)x->c->o->confirm_ms * 1000);
	CLEANUP(freep) char *until = time_text(x->until_usec), *line = NULL;
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(x->c->o);

	if (x->c->o->format != FORMAT_TEXT)
		return;
	line = xasprintf("Transaction %s is applied, and undone in %s (%s) unless it is confirmed.",
			 x->result.id, wait, until);
	wrap_text(&b, &s, 0, line);
	put_notes(&b, &s, x);
	buf_puts(&b, "Keep it: ");
	ink_text(&b, &s, INK_PLAIN, confirm);
	buf_puts(&b, "\nUndo it now: ");
	ink_text(&b, &s, INK_PLAIN, undo);
	buf_putc(&b, '\n');
	if (x->undo_ack)
		put_consent(&b, &s, x, undo);
	terminal_write(&b);
}

static void put_fate(struct buf *b, const struct style *s, const struct execution *x, int code)
{
	if (x->result.state == TRANSACTION_ROLLED_BACK) {
		buf_puts(b, x->result.met_foreign || x->left_behind
				    ? "Put back, but for what is named here"
				    : "Put back: the host is as it was");
	} else if (code == CODE_HANDS) {
		ink_text(b, s, INK_REMOVE, "Not everything could be put back: a person is needed");
	} else {
		buf_puts(b, "Nothing was changed");
	}
	if (x->result.id) {
		buf_puts(b, " (transaction ");
		ink_text(b, s, INK_PLAIN, x->result.id);
		buf_putc(b, ')');
	}
	buf_puts(b, ".\n");
	put_notes(b, s, x);
	for (size_t i = 0; i < x->result.left.count; i++) {
		buf_puts(b, "  ");
		ink_text(b, s, INK_REMOVE, "x");
		buf_putc(b, ' ');
		wrap_text(b, s, 4, x->result.left.items[i]);
	}
}

static void put_recover(struct buf *b, const struct style *s, const struct options *o,
			const char *why, const char *rest)
{
	CLEANUP(freep) char *recover = options_command(o, "recover");

	buf_puts(b, why);
	ink_text(b, s, INK_PLAIN, recover);
	buf_puts(b, rest);
}

void outcome_settling(struct buf *b, const struct style *s, const struct options *o,
		      bool met_foreign)
{
	if (met_foreign)
		put_recover(b, s, o,
			    "To leave what others changed as it is: ", " --on-conflict keep\n");
}

void outcome_set_aside(struct buf *b, const struct style *s, const struct options *o,
		       const struct strv *ids)
{
	for (size_t i = 0; i < ids->count; i++) {
		put_recover(b, s, o,
			    "To close it as it is, where nothing else helps: ", " --set-aside ");
		buf_printf(b, "%s\n", ids->items[i]);
	}
}

/* What this run was asked to take, without the control that is the likely cause, where one is. */
static char *selection(const struct execution *x)
{
	CLEANUP(strv_clear) struct strv out = {0};

	if (x->c->o->args.count)
		return reselect(x->c->o, &x->c->plan, x->suspect);
	if (x->suspect)
		strv_add(&out, x->suspect);
	return reselect_without(x->c, &out);
}

/* Where the likely cause was all that was planned, there is no rest. */
static bool has_rest(const struct execution *x)
{
	const struct plan *plan = &x->c->plan;

	for (size_t i = 0; i < plan->nfindings; i++)
		if (plan->findings[i].state == FINDING_PLANNED &&
		    strcmp_null(plan->findings[i].control, x->suspect) != 0)
			return true;
	return false;
}

static void put_suspect(struct buf *b, const struct style *s, const struct execution *x)
{
	if (!x->suspect)
		return;
	buf_puts(b, "Likely because of: ");
	ink_text(b, s, INK_HEAD, x->suspect);
	buf_putc(b, '\n');
}

/* How to have what does no harm: without the likely cause, or after a search for it. */
static void put_rest(struct buf *b, const struct style *s, const struct execution *x, int code)
{
	CLEANUP(freep) char *words = NULL, *rest = NULL;

	if (strcmp(x->kind, "apply") != 0 || x->awaited || x->result.outside || !has_rest(x))
		return;
	if (x->result.still_fails || (!x->suspect && (code == CODE_HANDS || x->took_too_long)))
		return;
	words = selection(x);
	rest = command_line(x, "apply", words);
	if (x->suspect) {
		buf_puts(b, code == CODE_HANDS ? "Then try the rest: " : "Try the rest: ");
		ink_text(b, s, INK_PLAIN, rest);
	} else {
		buf_puts(b, "To find the cause, and keep the rest: ");
		ink_text(b, s, INK_PLAIN, rest);
		buf_puts(b, *words ? " --bisect" : "--bisect");
	}
	buf_putc(b, '\n');
}

static void put_way_on(struct buf *b, const struct style *s, const struct execution *x, int code)
{
	if (x->found)
		bisect_put(b, s, x);
	else
		put_suspect(b, s, x);
	if (x->result.still_fails)
		wrap_text(b, s, 0,
			  "The cause is not known: what was changed is put back, and it did not "
			  "help. "
			  "What the restart of dockerd set off, or what waited for it, may be it");
	if (x->took_too_long && x->c->o->bisect)
		wrap_text(b, s, 0,
			  "No control is looked for: it is the restart of dockerd that takes so "
			  "long, "
			  "whichever of them needs it");
	if (code == CODE_HANDS)
		put_recover(b, s, x->c->o, "When they are fixed: ", "\n");
	if (!x->found && (code == CODE_PUT_BACK || code == CODE_HANDS))
		put_rest(b, s, x, code);
	outcome_settling(b, s, x->c->o, code == CODE_HANDS && x->result.met_foreign);
}

static int print_text(const struct execution *x, int code)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(x->c->o);

	if (code == CODE_WAITING) { /* it was told when the wait began */
		if (x->found)
			bisect_put(&b, &s, x);
	} else if (code == CODE_DIFFERENCES) {
		CLEANUP(freep) char *what = bisect_text(x->found);

		put_kept(&b, &s, x);
		bisect_put(&b, &s, x);
		if (s.quiet || !isatty(STDOUT_FILENO))
			message("%s", what);
	} else if (code == CODE_OK && x->result.id) {
		put_kept(&b, &s, x);
	} else if (code != CODE_OK) {
		buf_puts(&b, "Failed: ");
		wrap_text(&b, &s, 8,
			  x->result.failure ? x->result.failure : "for an unknown reason");
		put_fate(&b, &s, x, code);
		put_way_on(&b, &s, x, code);
		if (s.quiet || !isatty(STDOUT_FILENO)) /* else it was just read */
			message("%s failed: %s", x->kind,
				x->result.failure ? x->result.failure : "?");
	}
	return terminal_write(&b);
}

static json_t *phases_to_json(const struct execution *x)
{
	json_t *all = json_array();

	for (size_t i = 0; i < x->nphases; i++) {
		json_t *j = json_object();

		json_put(j, "name", json_text(x->phases[i].name));
		json_put(j, "ms", json_real(x->phases[i].ms));
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *result_to_json(const struct execution *x)
{
	CLEANUP(freep) char *until = time_text(x->until_usec);
	json_t *j;

	if (!x->result.id && !x->result.failure)
		return json_null();
	j = json_object();
	json_put(j, "id", json_text(x->result.id));
	json_put(j, "state", json_string(transaction_state_to_string(x->result.state)));
	json_put(j, "failure", json_text(x->result.failure));
	json_put(j, "waits_until",
		 x->result.state == TRANSACTION_WAITING ? json_string(until) : json_null());
	json_put(j, "suspect", json_text(x->suspect));
	json_put(j, "left", json_text_list(&x->result.left));
	json_put(j, "notes", json_text_list(&x->result.notes));
	json_put(j, "phases", phases_to_json(x));
	json_put(j, "gap", gaps_to_json(&x->result.gaps));
	return j;
}

static int print_json(const struct execution *x, int code)
{
	struct plan_summary sum = plan_summarize(&x->c->plan);
	json_t *answer = json_answer(x->kind);

	json_put(answer, "plan", json_plan(&x->c->plan));
	json_put(answer, "summary", json_summary(&sum));
	json_put_undoing(answer, &x->c->plan);
	json_put(answer, "last_gap_ms", last_gap_json(x->c));
	json_put(answer, "recovered", json_text_list(&x->notes));
	json_put(answer, "transaction", result_to_json(x));
	if (strcmp(x->kind, "apply") == 0)
		json_put(answer, "bisect", bisect_to_json(x->found));
	json_put(answer, "exit_code", json_integer(code));
	return json_write(answer);
}

int outcome_print(const struct execution *x, int code)
{
	/* what became of the host counts, whoever reads of it */
	if (x->c->o->format == FORMAT_JSON)
		print_json(x, code);
	else
		print_text(x, code);
	return code;
}
