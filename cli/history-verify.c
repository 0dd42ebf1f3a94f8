#include "cli/history-verify.h"

#include <jansson.h>

#include "cli/ledger.h"
#include "cli/message.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/format/json-util.h"
#include "rollback/proof.h"

#define VERDICT_COLUMN 22 /* behind an id */
#define DIGEST_COLUMN 35

static const char *verdict_words[PROOF_VERDICT_COUNT] = {
	[PROOF_OK] = "ok",           [PROOF_NOT_CHAINED] = "not chained",
	[PROOF_GONE] = "gone",       [PROOF_CHANGED] = "changed",
	[PROOF_MISSING] = "missing", [PROOF_INSERTED] = "inserted",
	[PROOF_DAMAGED] = "damaged",
};

static void put_entry(struct buf *b, const struct style *s, const struct proof_entry *e)
{
	bool wrong = PROOF_IS_WRONG(e->verdict);
	const char *word = verdict_words[e->verdict];

	ink_text(b, s, wrong ? INK_REMOVE : INK_HEAD, e->id);
	pad_to(b, text_width(e->id), VERDICT_COLUMN, 1);
	ink_text(b, s, wrong ? INK_REMOVE : INK_PLAIN, word);
	if (e->seal.sha256 && style_width(s) < DIGEST_COLUMN + DIGEST_HEX_LEN)
		buf_puts(b, "\n    ");
	else
		pad_to(b, VERDICT_COLUMN + text_width(word), DIGEST_COLUMN, 1);
	ink_text(b, s, INK_DIM, e->seal.sha256 ? e->seal.sha256 : "-");
	buf_putc(b, '\n');
	if (e->why) {
		buf_puts(b, "    ");
		wrap_text(b, s, 4, e->why);
	}
}

static void put_sum(struct buf *b, const struct style *s, const struct proof *p)
{
	if (p->wrong) {
		buf_printf(b, "%zu of ", p->wrong);
		count_text(b, p->count, "transaction", "transactions");
		buf_printf(b, " %s not as %s written.\n", p->wrong == 1 ? "is" : "are",
			   p->wrong == 1 ? "it was" : "they were");
	} else {
		count_text(b, p->count - p->not_chained, "transaction", "transactions");
		buf_puts(b, " as written");
		if (p->gone)
			buf_printf(b, " (%zu gone, by the tombstones)", p->gone);
		if (p->not_chained)
			buf_printf(b, "; of %zu of an earlier version nothing is known",
				   p->not_chained);
		buf_puts(b, ".\n");
	}
	if (!p->head)
		return;
	buf_printf(b, "Head: %s\n", p->head->id);
	buf_printf(b, "sha256 %s\n", p->head->sha256);
	wrap_text(b, s, 0,
		  "Whoever is root here can write all of it anew: keep the head's digest "
		  "elsewhere, and look for it here later.");
}

static int print_text(const struct options *o, const struct proof *p)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);

	for (size_t i = 0; i < p->count; i++)
		if (!o->quiet || PROOF_IS_WRONG(p->items[i].verdict))
			put_entry(&b, &s, &p->items[i]);
	if (p->count)
		put_sum(&b, &s, p);
	else
		buf_puts(&b, "No transactions.\n");
	return terminal_write(&b);
}

static json_t *entry_to_json(const struct proof_entry *e)
{
	json_t *j = json_object();

	json_put(j, "id", json_text(e->id));
	json_put(j, "verdict", json_string(proof_verdict_to_string(e->verdict)));
	json_put(j, "why", json_text(e->why));
	json_put(j, "sha256", json_text(e->seal.sha256));
	return j;
}

static int print_json(const struct ledger *l, const struct proof *p, int code)
{
	json_t *answer = json_answer("history"), *chain = json_object(), *entries = json_array();

	json_put(answer, "transactions", ledger_to_json(l));
	for (size_t i = 0; i < p->count; i++)
		json_array_append_new(entries, entry_to_json(&p->items[i]));
	json_put(chain, "wrong", json_integer((json_int_t)p->wrong));
	json_put(chain, "not_chained", json_integer((json_int_t)p->not_chained));
	json_put(chain, "head", p->head ? seal_to_json(p->head) : json_null());
	json_put(chain, "entries", entries);
	json_put(answer, "chain", chain);
	json_put(answer, "exit_code", json_integer(code));
	return json_write(answer);
}

int history_verify(const struct ledger *l)
{
	CLEANUP(proof_clear) struct proof p = {0};
	CLEANUP(error_clear) struct error err = {0};
	int code = CODE_OK, printed;

	if (proof_of(&l->c.state, &p, &err) < 0)
		return fail(CODE_ERROR, &err);
	if (p.wrong)
		code = CODE_HANDS;
	printed = l->c.o->format == FORMAT_JSON ? print_json(l, &p, code) : print_text(l->c.o, &p);
	return code != CODE_OK ? code : printed;
}
