#include "cli/bisect/try.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/again.h"
#include "cli/bisect/settle.h"
#include "cli/effector.h"
#include "cli/execute.h"
#include "cli/hurdles.h"
#include "cli/message.h"
#include "cli/plan.h"
#include "cli/verify.h"
#include "engine/base/alloc.h"
#include "engine/base/interrupt.h"
#include "rollback/transaction-directory.h"

void trying_clear(struct trying *t)
{
	free(t->suspect);
}

/* By the host as it is now; what was not said beforehand is not done. */
static int make_plan(struct trying *t, const struct strv *controls)
{
	struct context *c = t->x->c;
	int code;

	strv_clear(&c->only);
	strv_copy(&c->only, controls);
	code = context_facts(c);
	if (code == CODE_OK)
		code = context_plan(c);
	if (code == CODE_OK)
		code = plan_check(c);
	if (code == CODE_OK)
		code = plan_check_blocks(c);
	if (code == CODE_OK)
		code = again_compare_part(c, controls, t->all, &c->plan);
	return code == CODE_OK ? check_hurdles(c, "apply") : code;
}

void try_stop(struct trying *t, int code, const char *why)
{
	const struct strv *said = messages();
	CLEANUP(freep) char *text = NULL;

	if (interrupt_signal())
		text = xasprintf("interrupted by signal %d", interrupt_signal());
	else if (why || said->count)
		text = xstrdup(why ? why : said->items[said->count - 1]);
	t->record->end = BISECT_STOPPED;
	str_replace(&t->record->why, text);
	t->code = code;
}

/* The one that was broken is put back: is the host as well as at the beginning? */
static enum tried after_undo(struct trying *t, struct execution *try, enum tried tried)
{
	CLEANUP(error_clear) struct error err = {0};
	int watch_ms = tried == TRIED_BROKEN ? execution_gate_ms(try) : 0;
	int r = settle(try, watch_ms, &err);

	if (r >= 0)
		return tried;
	if (r == -EINTR) {
		try_stop(t, CODE_SIGNAL + interrupt_signal(), error_text(&err));
		return TRIED_STOP;
	}
	t->record->end = BISECT_NOT_THE_CHANGE;
	str_replace(&t->record->why, error_text(&err));
	return TRIED_STOP;
}

bool try_tells(const struct execution *x, int code)
{
	return code == CODE_PUT_BACK && x->ran && x->result.state == TRANSACTION_ROLLED_BACK &&
	       !x->awaited && !x->took_too_long && !x->result.met_foreign && !x->result.outside;
}

/* It was a transaction, which is over. */
static enum tried judge(struct trying *t, struct execution *try, int code)
{
	const struct transaction_result *result = &try->result;
	CLEANUP(freep) char *left = NULL;

	if (code == CODE_OK || code == CODE_WAITING)
		return TRIED_WELL;
	if (!try_tells(try, code)) {
		if (result->left.count)
			left = strv_join(&result->left, "; ");
		try_stop(t, code, left ? left : result->failure);
		return TRIED_STOP;
	}
	return after_undo(t, try, try->was_well ? TRIED_WELL : TRIED_BROKEN);
}

static void take_suspect(struct trying *t, struct execution *try)
{
	free(t->suspect);
	t->suspect = TAKE_PTR(try->suspect);
}

static void note(struct trying *t, const struct strv *controls, struct execution *try,
		 enum tried tried)
{
	struct bisect_try *one =
		array_append(&t->record->tries, &t->record->ntries, sizeof(*t->record->tries));

	*one = (struct bisect_try){
		.id = xstrdup_null(try->result.id),
		.result = tried == TRIED_WELL     ? BISECT_WELL
			  : tried == TRIED_BROKEN ? BISECT_BROKEN
						  : BISECT_UNTOLD,
		.failure = xstrdup_null(try->was_well ? NULL : try->result.failure)};
	strv_copy(&one->controls, controls);
}

static enum tried run(struct trying *t, struct execution *try)
{
	int code = execution_transact(try);

	if (try->tries == TRIES_START && code == CODE_OK)
		return TRIED_WELL;
	if (try->failed_trial)
		return TRIED_BROKEN;
	if (try->ran)
		return judge(t, try, code);
	try_stop(t, code, NULL);
	return TRIED_STOP;
}

/* What a run left behind on the host, or could not do, stays so whichever is kept. */
static void add_told(struct execution *to, const struct strv *notes, bool left_behind)
{
	for (size_t i = 0; i < notes->count; i++)
		strv_add_once(&to->result.notes, notes->items[i]);
	to->left_behind |= left_behind;
}

/* It is what the apply has come to: told as such, with what was done before it. */
static void take_place(struct execution *x, struct execution *try)
{
	struct bisect *found = TAKE_PTR(x->found);
	struct strv notes = x->notes, broken_off = x->broken_off, told = x->result.notes;
	bool left_behind = x->left_behind;

	x->notes = x->broken_off = x->result.notes = (struct strv){0};
	execution_clear(x);
	*x = *try;
	*try = (struct execution){0};
	x->notes = notes;
	x->broken_off = broken_off;
	x->found = found;
	add_told(x, &told, left_behind);
	strv_clear(&told);
	x->tries = TRIES_NONE;
	x->first = NULL;
}

/* It needs a person: what is said is said of it, whatever it was for. */
static bool is_open(const struct execution *try)
{
	return try->ran && try->result.id &&
	       (try->result.state == TRANSACTION_STUCK ||
		try->result.state == TRANSACTION_IN_DOUBT);
}

enum tried try_controls(struct trying *t, const struct strv *controls, bool keep)
{
	CLEANUP(execution_clear)
	struct execution try = {.c = t->x->c,
				.kind = "apply",
				.bisect = t->record->of ? t->record->of : BISECT_OF_TRIAL,
				.verify = verify_apply,
				.again = ask_again,
				.tries = keep          ? TRIES_KEEP
					 : t->by_start ? TRIES_START
						       : TRIES_HOST,
				.first = t->x->effector};
	int code = interrupt_signal() ? CODE_SIGNAL + interrupt_signal() : make_plan(t, controls);
	enum tried tried;

	if (code == CODE_OK)
		code = effector_open(t->x->c, &try.effector);
	if (code != CODE_OK) {
		try_stop(t, code, NULL);
		return TRIED_STOP;
	}
	tried = run(t, &try);
	note(t, controls, &try, tried);
	if (tried == TRIED_BROKEN)
		take_suspect(t, &try);
	if (keep && tried == TRIED_BROKEN && try.ran)
		t->by_start = false; /* what dockerd starts with broke it all the same */
	if (is_open(&try) || (keep && try.result.id && (tried == TRIED_WELL || try.awaited)))
		take_place(t->x, &try);
	else
		add_told(t->x, &try.result.notes, try.left_behind);
	return tried;
}
