/* harden prune: forgets old transactions for good, with the copies of files that they hold. */

#include "rollback/prune.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/loaded.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/status-left.h"
#include "cli/status-waits.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/format/json-util.h"

#define DEFAULT_KEEP 10

static int print_text(const struct options *o, const struct pruning *p)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);

	for (size_t i = 0; i < p->kept.count && !o->quiet; i++) {
		buf_puts(&b, "kept    ");
		wrap_text(&b, &s, 8, p->kept.items[i]);
	}
	for (size_t i = 0; i < p->ids.count && !o->quiet; i++) {
		ink_text(&b, &s, INK_REMOVE, o->dry_run ? "goes    " : "pruned  ");
		ink_text(&b, &s, INK_PLAIN, p->ids.items[i]);
		buf_putc(&b, '\n');
	}
	for (size_t i = 0; i < p->in_force.count && !o->quiet; i++)
		buf_printf(&b,
			   "! %s %s in force: what it changed stands, and cannot be undone by its "
			   "id\n",
			   p->in_force.items[i], o->dry_run ? "is" : "was");
	for (size_t i = 0; i < p->forgotten.count && !o->quiet; i++)
		buf_printf(&b, "%s %s, which was pruned while in force\n",
			   o->dry_run ? "would forget" : "forgot", p->forgotten.items[i]);
	if (p->ids.count == 0 && p->forgotten.count > 0)
		return terminal_write(&b);
	if (p->ids.count == 0)
		buf_printf(&b, "Nothing to prune; %zu transaction%s.\n", p->left,
			   p->left == 1 ? "" : "s");
	else
		buf_printf(&b, "%s %zu transaction%s, %" PRIu64 " KiB; %zu %s.\n",
			   o->dry_run ? "Would prune" : "Pruned", p->ids.count,
			   p->ids.count == 1 ? "" : "s", (p->bytes + 1023) / 1024, p->left,
			   p->left == 1 ? "stays" : "stay");
	return terminal_write(&b);
}

static int print_json(const struct options *o, const struct pruning *p)
{
	json_t *answer = json_answer("prune");

	json_put(answer, "dry_run", json_boolean(o->dry_run));
	json_put(answer, "pruned", json_text_list(&p->ids));
	json_put(answer, "in_force", json_text_list(&p->in_force));
	json_put(answer, "forgotten", json_text_list(&p->forgotten));
	json_put(answer, "kept", json_text_list(&p->kept));
	json_put(answer, "bytes", json_integer((json_int_t)p->bytes));
	json_put(answer, "left", json_integer((json_int_t)p->left));
	return json_write(answer);
}

/* By what is on disk and in force now. */
static int find_kept(const struct context *c, struct pruning *p, struct facts *now,
		     struct error *err)
{
	struct ledger l = {.c = *c}; /* borrows */
	CLEANUP(waits_clear) struct waits waits = {0};
	int r = history_list(&c->state, &l.items, &l.count, err);
	struct history h = {.items = l.items, .count = l.count};

	if (r >= 0)
		waits_find(&l, &waits);
	for (size_t i = 0; i < waits.count; i++)
		if (!waits.items[i].changed)
			strv_add_once(&p->waits, waits.items[i].of->id);
	if (r >= 0)
		loaded_owners(&l, &p->leaves);
	left_look(c, &h, now);
	p->now = h.now;
	for (size_t i = 0; i < l.count; i++)
		transaction_summary_clear(&l.items[i]);
	free(l.items);
	return r;
}

/* What began then is so old; 0: the clock is not that old itself. */
static uint64_t before(int seconds)
{
	uint64_t now = clock_usec(CLOCK_REALTIME), age = (uint64_t)seconds * 1000000;

	return now > age ? now - age : 0;
}

static int choose(const struct context *c, struct pruning *p, struct error *err)
{
	const struct options *o = c->o;
	bool by_age = o->given[OPT_OLDER_THAN];
	const struct pruning_limits limits = {
		.keep = o->given[OPT_KEEP] ? (size_t)o->keep
			: by_age           ? 0
					   : DEFAULT_KEEP,
		.before_usec = by_age ? before(o->older_than_s) : UINT64_MAX,
	};
	CLEANUP(facts_clear) struct facts now = {0};
	int r = find_kept(c, p, &now, err);

	if (r >= 0)
		r = o->args.count ? pruning_choose(&c->state, &c->root, &o->args, p, err)
				  : pruning_choose_old(&c->state, &c->root, &limits, p, err);
	p->now = NULL;
	return r;
}

/*
 * Not under the lock: behind it the undo of what nobody confirms would wait. After the answer none but those
 * that were asked about may go.
 */
static int ask_unlocked(struct context *c, struct pruning *p, const char *question)
{
	CLEANUP(pruning_clear) struct pruning now = {0};
	CLEANUP(error_clear) struct error err = {0};
	int code;

	state_unlock(&c->state);
	if (!terminal_ask(question)) {
		message("not confirmed: nothing was forgotten");
		return CODE_ERROR;
	}
	code = context_lock_again(c);
	if (code != CODE_OK)
		return code;
	if (choose(c, &now, &err) < 0)
		return fail(CODE_REFUSED, &err);
	if (strv_equal(&now.ids, &p->ids) && strv_equal(&now.in_force, &p->in_force)) {
		pruning_clear(p);
		*p = now;
		now = (struct pruning){0};
		return CODE_OK;
	}
	message("refused: the transactions are others than those that were asked about");
	return CODE_REFUSED;
}

/* What is forgotten can never be undone again, so somebody must have wanted just that. */
static int ask(struct context *c, struct pruning *p)
{
	const struct options *o = c->o;
	CLEANUP(freep) char *question = NULL;

	if (o->dry_run || o->yes || p->ids.count == 0)
		return CODE_OK;
	if (!terminal_can_ask() || o->format == FORMAT_JSON) {
		message("nobody can be asked here; '--yes' forgets %zu %s for good, '--dry-run' "
			"shows what goes",
			p->ids.count, p->ids.count == 1 ? "transaction" : "transactions");
		return CODE_USAGE;
	}
	question =
		p->ids.count == 1
			? xasprintf("Forget %s for good? It cannot be undone then.",
				    p->ids.items[0])
			: xasprintf("Forget %zu transactions (%s to %s) for good? They cannot be "
				    "undone then.",
				    p->ids.count, p->ids.items[0], p->ids.items[p->ids.count - 1]);
	return ask_unlocked(c, p, question);
}

static int run(struct context *c)
{
	CLEANUP(pruning_clear) struct pruning p = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = choose(c, &p, &err);
	int code;

	if (r < 0)
		return fail(r == -EBUSY ? CODE_REFUSED : CODE_ERROR, &err);
	code = ask(c, &p);
	if (code != CODE_OK)
		return code;
	if (!c->o->dry_run)
		terminal_code_is_hosts();
	if (!c->o->dry_run && pruning_run(&c->state, &p, &err) < 0)
		return fail(CODE_ERROR, &err);
	return c->o->format == FORMAT_JSON ? print_json(c->o, &p) : print_text(c->o, &p);
}

int command_prune(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	int code;

	if (o->args.count && (o->given[OPT_KEEP] || o->given[OPT_OLDER_THAN])) {
		message("'prune' takes %s or the ids of transactions, not both",
			o->given[OPT_KEEP] ? "--keep" : "--older-than");
		return CODE_USAGE;
	}
	context_init(&c, o);
	code = o->dry_run ? context_root(&c) : context_writable_root(&c);
	if (code == CODE_OK) {
		code = context_state(&c);
		notice_ledger(&c);
	}
	if (code == CODE_OK && c.state.fd >= 0 && !o->dry_run) {
		state_close(&c.state);
		code = context_lock(&c);
	}
	return code == CODE_OK ? run(&c) : code;
}
