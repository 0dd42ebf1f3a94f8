#include "rollback/proof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/base/map.h"
#include "rollback/history.h"
#include "rollback/tombstones.h"
#include "rollback/transaction-directory.h"

ENUM_TABLE(proof_verdict, enum proof_verdict, PROOF_VERDICT_COUNT, [PROOF_OK] = "ok",
	   [PROOF_NOT_CHAINED] = "not_chained", [PROOF_GONE] = "gone", [PROOF_CHANGED] = "changed",
	   [PROOF_MISSING] = "missing", [PROOF_INSERTED] = "inserted", [PROOF_DAMAGED] = "damaged");

static void entry_clear(struct proof_entry *e)
{
	free(e->id);
	free(e->why);
	seal_clear(&e->seal);
	seal_clear(&e->previous);
}

void proof_clear(struct proof *p)
{
	for (size_t i = 0; i < p->count; i++)
		entry_clear(&p->items[i]);
	free(p->items);
	*p = (struct proof){0};
}

/* The worst that is known of it stays, and the first word on that. */
PRINTF_LIKE(3, 4)
static void judge(struct proof_entry *e, enum proof_verdict verdict, const char *format, ...)
{
	va_list args;

	if (PROOF_IS_WRONG(e->verdict))
		return;
	e->verdict = verdict;
	free(e->why);
	va_start(args, format);
	e->why = xvasprintf(format, args);
	va_end(args);
}

static int compare(const void *a, const void *b)
{
	const struct proof_entry *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static void sort(struct proof *p)
{
	if (p->count > 1)
		qsort(p->items, p->count, sizeof(*p->items), compare);
}

/* Among the first `count`, which are sorted. */
static struct proof_entry *find(const struct proof *p, size_t count, char *id)
{
	const struct proof_entry wanted = {.id = id};

	return count && id ? bsearch(&wanted, p->items, count, sizeof(wanted), compare) : NULL;
}

/* What its own last record says of all before it, and what may stand behind that. */
static void judge_end(struct proof_entry *e, const struct buf *bytes, const struct records *records)
{
	const struct record *end = seal_end(records);
	CLEANUP(freep) char *said = seal_of_record(end), *is = NULL;

	if (!end || !e->chained)
		return;
	is = digest_new(bytes->data, end->start);
	if (!said)
		judge(e, PROOF_CHANGED, "its last record holds no digest");
	else if (strcmp(said, is) != 0)
		judge(e, PROOF_CHANGED, "its journal is another than its last record says");
	for (const struct record *r = end + 1; r < records->items + records->count; r++)
		if (r->type != RECORD_SWEPT && r->type != RECORD_UNDRAINED)
			judge(e, PROOF_CHANGED, "there are records behind its last one");
}

static void take_claim(struct proof_entry *e, const struct records *records)
{
	CLEANUP(transaction_head_clear) struct transaction_head head = {0};
	CLEANUP(error_clear) struct error why = {0};

	if (transaction_head_of(records, &head, &why) < 0) {
		judge(e, PROOF_DAMAGED, "%s", error_text(&why));
		return;
	}
	if (strcmp_null(head.id, e->id) != 0)
		judge(e, PROOF_CHANGED, "it is the journal of another transaction");
	e->claims_known = true;
	e->chained = head.chained;
	seal_copy(&e->previous, &head.previous);
}

/* `records` NULL: they cannot be read. */
static void seal_entry(struct proof_entry *e, const struct buf *bytes,
		       const struct records *records)
{
	seal_of_bytes(&e->seal, e->id, bytes, seal_decided_bytes(bytes, records));
}

static void read_journal(struct proof_entry *e, int directory, const struct buf *bytes)
{
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(error_clear) struct error why = {0};

	e->live = true;
	if (journal_parse(bytes, &records, &why) < 0) {
		judge(e, PROOF_DAMAGED, "%s", error_text(&why));
		seal_entry(e, bytes, NULL);
		journal_salvage(directory, &records, NULL);
		take_claim(e, &records);
		return;
	}
	take_claim(e, &records);
	seal_entry(e, bytes, &records);
	judge_end(e, bytes, &records);
	if (!seal_end(&records) && e->verdict == PROOF_OK)
		judge(e, PROOF_OK, "it is not ended: %s",
		      transaction_state_to_string(records_state(&records)));
}

/* 0: it died before it began, and is no entry. */
static int add_transaction(const struct state *s, const char *id, struct proof *p,
			   struct error *err)
{
	CLEANUP(close_fd) int directory = -1;
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(error_clear) struct error why = {0};
	struct proof_entry *e;
	int r;

	directory = state_open_txn(s, id, false, &why);
	r = directory < 0 ? directory : journal_read_bytes(directory, &bytes, &why);
	if (r == -ENOENT && directory >= 0) {
		error_clear(&why);
		r = transaction_journal_lost(directory, &why);
		if (r == 0)
			return 0;
	}
	if (r < 0 && !history_is_on_disk(r)) {
		error_move(err, &why);
		return r;
	}
	e = array_append(&p->items, &p->count, sizeof(*e));
	*e = (struct proof_entry){.id = xstrdup(id)};
	if (r < 0)
		judge(e, PROOF_DAMAGED, "%s", error_text(&why));
	else
		read_journal(e, directory, &bytes);
	return 0;
}

/*
 * Who sets a damaged one aside says that it is damaged, and it lies in its directory as it was: the chain is
 * over that, and need not be wrong for ever. One that is pruned is gone for good, and nobody has said so.
 */
static bool is_excused(const struct tombstone *t)
{
	return t->other && strcmp(t->how, TOMBSTONE_SET_ASIDE) == 0;
}

static char *gone_why(const struct tombstone *t)
{
	return is_excused(t)
		       ? xasprintf("%s; its journal was not as the next one had found it", t->how)
		       : xstrdup(t->how);
}

/* Of one id the last one counts, and none beside its transaction. */
static void add_tombstones(const struct tombstones *gone, struct proof *p)
{
	struct map seen = {0};

	for (size_t i = 0; i < p->count; i++)
		map_put(&seen, p->items[i].id, &seen);
	for (size_t i = gone->count; i-- > 0;) {
		const struct tombstone *t = &gone->items[i];
		struct proof_entry *e;

		if (map_get(&seen, t->seal.id))
			continue;
		map_put(&seen, t->seal.id, &seen);
		e = array_append(&p->items, &p->count, sizeof(*e));
		*e = (struct proof_entry){.id = xstrdup(t->seal.id),
					  .verdict = PROOF_GONE,
					  .why = gone_why(t),
					  .excused = is_excused(t),
					  .chained = t->chained,
					  .claims_known = t->chained};
		seal_copy(&e->seal, &t->seal);
		seal_copy(&e->previous, &t->previous);
	}
	map_clear(&seen, NULL);
	sort(p);
}

static void add_missing(struct proof *p)
{
	struct map seen = {0};

	for (size_t i = 0, n = p->count; i < n; i++) {
		char *id = p->items[i].previous.id;
		const char *by = p->items[i].id;
		struct proof_entry *e;

		if (!id || find(p, n, id) || map_get(&seen, id))
			continue;
		map_put(&seen, id, &seen);
		e = array_append(&p->items, &p->count, sizeof(*e));
		*e = (struct proof_entry){.id = xstrdup(id)};
		judge(e, PROOF_MISSING, "%s names it, and it left no tombstone", by);
	}
	map_clear(&seen, NULL);
	sort(p);
}

/* Whether what `by` names is what is there now. */
static int judge_claim(const struct state *s, struct proof_entry *e, const struct proof_entry *by,
		       struct error *err)
{
	CLEANUP(seal_clear) struct seal now = {0};
	int r = 0;

	if (!by->previous.sha256 || e->excused)
		return 0; /* it could not be read then, or went with a word on it */
	if (!e->live || e->seal.bytes == by->previous.bytes)
		seal_copy(&now, &e->seal);
	else
		r = seal_measure(s, e->id, by->previous.bytes, &now, err);
	if (r < 0 && r != -ERANGE)
		return r;
	if (r < 0)
		error_clear(err);
	if (r == 0 && !now.sha256)
		judge(e, PROOF_CHANGED, "its tombstone does not tell what it was");
	else if (r < 0 || !seal_equal(&now, &by->previous))
		judge(e, PROOF_CHANGED, "%s is another than %s found",
		      e->live ? "its journal" : "its tombstone", by->id);
	return 0;
}

static int follow(const struct state *s, struct proof *p, struct error *err)
{
	for (size_t i = 0; i < p->count; i++) {
		struct proof_entry *by = &p->items[i], *e = find(p, p->count, by->previous.id);
		int r;

		if (!e)
			continue;
		if (strcmp(e->id, by->id) >= 0)
			judge(by, PROOF_CHANGED, "it names %s, which is not before it", e->id);
		/* of two that name the same, the one that no other names is odd: judge_unnamed() */
		if (e->named && i + 1 == p->count)
			judge(by, PROOF_INSERTED, "another one names %s, too", e->id);
		e->named = true;
		r = e->verdict == PROOF_MISSING ? 0 : judge_claim(s, e, by, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One that was there when the first of the chain began would be named by it. */
static void judge_first(struct proof *p)
{
	size_t first = 0;

	for (size_t i = p->count; i-- > 0 && !first;)
		if (p->items[i].chained && !p->items[i].previous.id)
			first = i;
	for (size_t i = 0; i < first; i++)
		judge(&p->items[i], PROOF_INSERTED, "%s found none before it", p->items[first].id);
}

/* Whom nobody names: but where the one after it could, had it not been lost. */
static void judge_unnamed(struct proof *p)
{
	bool begun = false; /* an earlier one is chained */

	for (size_t i = 0; i < p->count; i++) {
		struct proof_entry *e = &p->items[i];
		const struct proof_entry *next = i + 1 < p->count ? &p->items[i + 1] : NULL;

		if (e->claims_known && !e->chained && begun)
			judge(e, PROOF_INSERTED, "it is not chained, and those before it are");
		else if (e->claims_known && !e->chained && e->verdict == PROOF_OK)
			judge(e, PROOF_NOT_CHAINED, "an earlier version wrote it%s",
			      e->named ? "; it is as the next one found it" : "");
		begun |= e->chained;
		if (begun && next && !e->named && next->claims_known)
			judge(e, PROOF_INSERTED, "none of the later ones names it");
	}
}

int proof_of(const struct state *state, struct proof *ret, struct error *err)
{
	CLEANUP(tombstones_clear) struct tombstones gone = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = state_transactions(state, &ids, err);

	if (r >= 0)
		r = tombstones_list(state, &gone, err);
	for (size_t i = 0; i < ids.count && r >= 0; i++)
		r = add_transaction(state, ids.items[i], ret, err);
	if (r < 0)
		return r;
	add_tombstones(&gone, ret);
	add_missing(ret);
	r = follow(state, ret, err);
	if (r < 0)
		return r;
	judge_first(ret);
	judge_unnamed(ret);
	for (size_t i = 0; i < ret->count; i++) {
		ret->wrong += PROOF_IS_WRONG(ret->items[i].verdict);
		ret->not_chained += ret->items[i].verdict == PROOF_NOT_CHAINED;
		ret->gone += ret->items[i].verdict == PROOF_GONE;
	}
	if (ret->count && ret->items[ret->count - 1].seal.sha256)
		ret->head = &ret->items[ret->count - 1].seal;
	return 0;
}
