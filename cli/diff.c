/* harden diff: what a transaction changed against what is there now, or what two of them left. */

#include "cli/report/diff.h"

#include "cli/command.h"
#include "cli/context.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/report/summary.h"
#include "engine/base/alloc.h"

static void note_effect(void *data, const struct effect *effect)
{
	CLEANUP(freep) char *subject = subject_print(effect->subject);

	strv_add_once(data, subject);
}

static int print(struct diff *d)
{
	int code, printed;

	plan_each_own_effect(&d->first->plan, note_effect, &d->effects);
	if (d->second)
		plan_each_own_effect(&d->second->plan, note_effect, &d->effects);
	code = d->o->detailed_exitcode && diff_count(d).differs ? CODE_DIFFERENCES : CODE_OK;
	printed = d->o->format == FORMAT_JSON ? diff_print_json(d, code) : diff_print_text(d);
	return printed != CODE_OK ? printed : code;
}

static int diff_two(const struct context *c, struct diff *d, struct error *err)
{
	CLEANUP(history_clear) struct history history = {0};
	int r = history_open(&c->state, &history, err);

	/* another one that is damaged is as if it had never been; these two were read already */
	if (r >= 0)
		r = history_load_all(&c->state, &history, NULL, err);
	return r < 0 ? r : compare_two(&history, d->first, d->second, &d->values, err);
}

static int diff_transactions(const struct context *c, const struct transaction_summary *first,
			     const struct transaction_summary *second)
{
	CLEANUP(error_clear) struct error err = {0};
	struct diff d = {.o = c->o, .first = first, .second = second};
	int code = CODE_OK;

	if (!second)
		compare_with_now(first, &c->root, &d.values);
	else if (diff_two(c, &d, &err) < 0)
		code = fail(CODE_ERROR, &err);
	if (code == CODE_OK)
		code = print(&d);
	comparison_clear(&d.values);
	strv_clear(&d.effects);
	return code;
}

int command_diff(const struct options *o)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary first = {0}, second = {0};
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	CLEANUP(error_clear) struct error err = {0};
	const struct strv *ids = &o->args;
	int code;

	context_init(&c, o);
	code = context_root(&c);
	if (code == CODE_OK)
		code = context_state(&c);
	if (code != CODE_OK)
		return code;
	if (c.state.fd < 0) {
		message("no transaction '%s': none is kept here", ids->items[0]);
		return CODE_ERROR;
	}
	notice_ledger(&c);
	if (history_load(&c.state, ids->items[0], &first, &err) < 0)
		return fail(CODE_ERROR, &err);
	if (ids->count > 1 && history_load(&c.state, ids->items[1], &second, &err) < 0)
		return fail(CODE_ERROR, &err);
	return diff_transactions(&c, &first, ids->count > 1 ? &second : NULL);
}
