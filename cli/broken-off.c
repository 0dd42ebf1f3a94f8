#include "cli/broken-off.h"

#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "cli/notice.h"
#include "cli/only.h"
#include "cli/plan.h"
#include "cli/report/outcome.h"
#include "cli/report/text.h"
#include "cli/status-left.h"
#include "cli/terminal.h"
#include "cli/undecided.h"
#include "engine/base/alloc.h"
#include "rollback/history-left.h"

/* The transaction that a rollback undoes next; NULL: none. The caller frees it. */
static char *next_of(const struct context *c)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	size_t at;

	if (history_open(&c->state, &h, NULL) < 0)
		return NULL;
	left_look(c, &h, &now);
	if (history_find_undoable(&h, &c->root, &at, NULL) < 0)
		return NULL;
	return xstrdup(h.items[at].id);
}

static int print_text(const struct execution *x, const char *id)
{
	CLEANUP(freep) char *next = next_of(x->c), *again = options_command(x->c->o, "rollback");
	CLEANUP(freep)
	char *way =
		next ? xasprintf("; '%s %s' undoes the one before it", again, next) : xstrdup("");
	CLEANUP(freep)
	char *text =
		xasprintf("%s was broken off, and is put back; nothing else is undone%s", id, way);
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(x->c->o);

	wrap_text(&b, &s, 0, text);
	return terminal_write(&b);
}

/* What recovery undoes, and is not a rollback. */
static bool is_broken_off(const struct transaction_summary *t)
{
	switch (t->state) {
	case TRANSACTION_PREPARED:
	case TRANSACTION_APPLIED:
	case TRANSACTION_UNDOING:
	case TRANSACTION_IN_DOUBT:
	case TRANSACTION_STUCK:
		return !t->waited && strcmp_null(t->kind, "apply") == 0;
	default:
		return false;
	}
}

/*
 * 1 and the one of that id, or with NULL the newest that was broken off, without the contents of its files;
 * 0: none.
 */
static int find(const struct context *c, const char *id, struct transaction_summary *ret,
		struct error *err)
{
	struct transaction_summary *all = NULL;
	size_t count = 0;
	int found = 0;
	int r = c->state.fd < 0 ? 0 : history_list(&c->state, &all, &count, err);

	for (size_t i = count; i-- > 0;) {
		if (!found && (id ? strcmp(all[i].id, id) == 0 : is_broken_off(&all[i]))) {
			*ret = all[i];
			found = 1;
		} else {
			transaction_summary_clear(&all[i]);
		}
	}
	free(all);
	return r < 0 ? r : found;
}

int broken_off_rollback(struct execution *x, bool *ret_done)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(error_clear) struct error err = {0};
	const char *id = x->broken_off.count ? x->broken_off.items[0] : NULL;
	struct context *c = x->c;
	int code;

	int found = id && c->o->args.count == 0 ? find(c, id, &t, &err) : 0;

	*ret_done = found < 0 || (found > 0 && only_names_part(c, &t));
	if (found < 0)
		return fail(CODE_ERROR, &err);
	if (!*ret_done)
		return CODE_OK;
	terminal_code_is_hosts(); /* it was put back on the way */
	if (c->o->format != FORMAT_JSON)
		return print_text(x, id);
	undecided_take_plan(c, &t);
	x->result.id = xstrdup(id);
	x->result.state = TRANSACTION_ROLLED_BACK;
	code = outcome_print(x, CODE_OK);
	undecided_return_plan(c, &t);
	return code;
}

int broken_off_preview(struct context *c, bool *ret_done)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(error_clear) struct error err = {0};
	/* what a run is at work on is open, and not broken off */
	bool asked = c->o->args.count == 0 && !notice_is_running(&c->state);
	int r = asked ? find(c, NULL, &t, &err) : 0;

	*ret_done = r < 0 || (r > 0 && only_names_part(c, &t));
	if (r < 0)
		return fail(CODE_ERROR, &err);
	return *ret_done
		       ? undecided_show(c, &t, "Was broken off, and would be put back as a whole: ")
		       : CODE_OK;
}
