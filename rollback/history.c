#include "rollback/history.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "rollback/blobs.h"
#include "rollback/drain.h"
#include "rollback/gap.h"
#include "rollback/known.h"
#include "rollback/seal.h"
#include "rollback/transaction-directory.h"
#include "rollback/waiting.h"

enum transaction_state records_state(const struct records *r)
{
	static const struct {
		enum record_type type;
		enum transaction_state state;
	} decisive[] = {
		/* the first that is there decides */
		{RECORD_UNDO_DONE, TRANSACTION_ROLLED_BACK}, {RECORD_STUCK, TRANSACTION_STUCK},
		{RECORD_UNDO_BEGIN, TRANSACTION_UNDOING},    {RECORD_COMMIT, TRANSACTION_COMMITTED},
		{RECORD_WAITING, TRANSACTION_WAITING},       {RECORD_APPLIED, TRANSACTION_APPLIED},
		{RECORD_INTENT, TRANSACTION_PREPARED}};

	for (size_t i = 0; i < ARRAY_SIZE(decisive); i++)
		if (records_find(r, decisive[i].type))
			return decisive[i].state;
	return TRANSACTION_OPEN;
}

bool transaction_is_decided(const struct records *r)
{
	bool undoing = records_find(r, RECORD_UNDO_BEGIN) || records_find(r, RECORD_STUCK);

	return (records_find(r, RECORD_COMMIT) && !undoing) || records_find(r, RECORD_UNDO_DONE) ||
	       records_find(r, RECORD_SWEPT);
}

static char *note_of(const struct records *r, bool *ret_leaves)
{
	CLEANUP(freep)
	char *failure = record_text(records_find(r, RECORD_UNDO_BEGIN), "failure");
	const struct record *done = records_find(r, RECORD_UNDO_DONE);
	const struct record *stuck = records_find(r, RECORD_STUCK);
	CLEANUP(freep) char *left = record_text(done ? done : stuck, "left");

	if (!failure && stuck) /* its undo could not begin */
		failure = record_text(stuck, "failure");
	*ret_leaves = left && *left;
	if (*ret_leaves)
		return xasprintf("%s; left: %s", failure ? failure : "?", left);
	return TAKE_PTR(failure);
}

static void take_head(struct transaction_summary *t, struct transaction_head *head)
{
	t->kind = TAKE_PTR(head->kind);
	t->of = TAKE_PTR(head->of);
	t->only = TAKE_PTR(head->only);
	t->bisect = TAKE_PTR(head->bisect);
	t->started_usec = head->started_usec;
	t->boot_id = TAKE_PTR(head->boot_id);
	t->started_with = TAKE_PTR(head->started_with);
	t->dockerd_asked = head->dockerd_asked;
	t->by = head->by;
	head->by = (struct actor){0};
	transaction_head_clear(head);
}

static void take_decider(struct transaction_summary *t, const struct record *end)
{
	CLEANUP(json_decrefp) json_t *payload = end ? json_loads(end->payload, 0, NULL) : NULL;

	actor_from_json(payload, &t->decided_by);
}

static void take_drain(struct transaction_summary *t, const struct records *records)
{
	t->drained = records_find(records, RECORD_DRAIN) != NULL;
	t->out_of_service = drain_left(records);
}

static int parse_journal(const struct state *s, const char *id, bool with_contents,
			 struct transaction_summary *ret, struct error *err)
{
	CLEANUP(close_fd) int directory = state_open_txn(s, id, false, err);
	CLEANUP(records_clear) struct records records = {0};
	struct transaction_head head = {0};
	int r;

	if (directory < 0)
		return directory;
	ret->id = xstrdup(id);
	r = journal_read(directory, &records, err);
	if (r == -ENOENT) {
		error_clear(err);
		ret->kind = xstrdup("apply");
		return transaction_journal_lost(directory, err); /* 0: died before it began: OPEN */
	}
	if (r >= 0)
		r = transaction_head_parse(&head, records.items[0].payload, err);
	if (r >= 0)
		r = transaction_plan(&records, id, &ret->plan, err);
	if (r >= 0 && with_contents)
		r = blobs_load(directory, &ret->plan, err);
	take_head(ret, &head);
	if (r < 0)
		return r;
	ret->state = records_state(&records);
	ret->swept = records_find(&records, RECORD_SWEPT);
	ret->note = note_of(&records, &ret->leaves);
	take_decider(ret, seal_end(&records));
	ret->waited = records_find(&records, RECORD_WAITING) != NULL;
	take_drain(ret, &records);
	gap_read(&records, &ret->gaps);
	return ret->state == TRANSACTION_WAITING
		       ? wait_look(&records, &ret->left_usec, &ret->until_usec, err)
		       : 0;
}

/* Read once a run: who asks again is lent what was read. */
static int summarise(const struct state *s, const char *id, bool with_contents,
		     struct transaction_summary *ret, struct error *err)
{
	struct known_mark mark;
	bool lasts = known_look(s, id, &mark);
	int r;

	if (lasts && known_lend(s, id, &mark, with_contents, ret))
		return 0;
	r = parse_journal(s, id, with_contents, ret, err);
	/* what is not begun may be any moment, and of what waits the time goes on */
	if (r >= 0 && lasts && ret->state != TRANSACTION_OPEN && ret->state != TRANSACTION_WAITING)
		known_keep(s, &mark, with_contents, ret);
	return r;
}

bool history_is_on_disk(int r)
{
	static const int damage[] = {EUCLEAN, EPROTONOSUPPORT, EBADMSG, EINVAL,
				     EIO,     ENOTDIR,         ELOOP,   EFBIG};

	for (size_t i = 0; i < ARRAY_SIZE(damage); i++)
		if (r == -damage[i])
			return true;
	return false;
}

/* What the good records of a damaged journal say: whether it is over, and what it undid. */
static void salvage(const struct state *s, int code, struct transaction_summary *t)
{
	CLEANUP(close_fd) int directory = state_open_txn(s, t->id, false, NULL);
	CLEANUP(records_clear) struct records records = {0};
	struct transaction_head head = {0};

	if (directory < 0 || journal_salvage(directory, &records, NULL) < 0)
		return;
	t->decided = code == -EUCLEAN && transaction_is_decided(&records);
	take_drain(t, &records);
	if (transaction_head_of(&records, &head, NULL) < 0) {
		transaction_head_clear(&head);
		return;
	}
	if (!records_find(&records, RECORD_COMMIT)) {
		free(TAKE_PTR(head.of));
		free(TAKE_PTR(head.only));
	}
	take_head(t, &head);
}

static int summarise_any(const struct state *s, const char *id, struct transaction_summary *ret,
			 struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	int r = summarise(s, id, false, ret, &why);

	if (r >= 0)
		return r;
	if (!history_is_on_disk(r)) {
		error_move(err, &why);
		return error_wrap(err, r, "transaction '%s'", id);
	}
	transaction_summary_clear(ret);
	*ret = (struct transaction_summary){
		.id = xstrdup(id), .state = TRANSACTION_DAMAGED, .note = xstrdup(error_text(&why))};
	salvage(s, r, ret);
	return 0;
}

/*
 * Each id was made, under the lock, to be behind all that were there: whatever the clock was set to
 * meanwhile. Only ids of earlier versions can be of one second, and those are told apart by when
 * they began; one of them that cannot be read may be the newest.
 */
static int compare_order(const void *a, const void *b)
{
	const struct transaction_summary *x = a, *y = b;
	uint64_t began = x->started_usec - 1, other = y->started_usec - 1; /* 0 is behind all */
	int r = strncmp(x->id, y->id, TRANSACTION_STAMP_LEN);

	if (r != 0 || began == other)
		return r != 0 ? r : strcmp(x->id, y->id);
	return began < other ? -1 : 1;
}

int history_list(const struct state *s, struct transaction_summary **ret, size_t *ret_count,
		 struct error *err)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	struct transaction_summary *all = NULL;
	size_t count = 0;
	int r = state_transactions(s, &ids, err);

	for (size_t i = 0; i < ids.count && r >= 0; i++)
		r = summarise_any(s, ids.items[i], array_append(&all, &count, sizeof(*all)), err);
	if (r < 0) {
		for (size_t i = 0; i < count; i++)
			transaction_summary_clear(&all[i]);
		free(all);
		return r;
	}
	if (count > 1)
		qsort(all, count, sizeof(*all), compare_order);
	history_link(&(const struct history){.items = all, .count = count});
	*ret = all;
	*ret_count = count;
	return 0;
}

int history_open(const struct state *s, struct history *ret, struct error *err)
{
	return history_list(s, &ret->items, &ret->count, err);
}

void history_clear(struct history *h)
{
	for (size_t i = 0; i < h->count; i++)
		transaction_summary_clear(&h->items[i]);
	free(h->items);
	*h = (struct history){0};
}

/* Its place in the history stays. */
static void replace_reading(struct transaction_summary *t, struct transaction_summary *by)
{
	by->rolled_back_by = TAKE_PTR(t->rolled_back_by);
	by->linked = t->linked;
	by->of_at = t->of_at;
	by->undone_by = TAKE_PTR(t->undone_by);
	by->nundone_by = t->nundone_by;
	transaction_summary_clear(t);
	*t = *by;
	*by = (struct transaction_summary){0};
}

/* A plan that is lent stays as it is: another one is lent in its place. */
static int load_contents(const struct state *s, struct transaction_summary *t, struct error *err)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary loaded = {0};
	CLEANUP(close_fd) int directory = -1;
	int r;

	if (t->lent) {
		r = summarise(s, t->id, true, &loaded, err);
		if (r >= 0 && loaded.state == TRANSACTION_OPEN)
			r = error_set(err, -EUCLEAN, "the journal of '%s' is gone", t->id);
		if (r >= 0)
			replace_reading(t, &loaded);
		return r;
	}
	directory = state_open_txn(s, t->id, false, err);
	return directory < 0 ? directory : blobs_load(directory, &t->plan, err);
}

static void drop_plan(struct transaction_summary *t)
{
	if (t->lent)
		t->plan = (struct plan){0};
	else
		plan_clear(&t->plan);
}

static bool is_damage(int r)
{
	return r == -ENOENT || r == -EBADMSG || r == -EUCLEAN || r == -EPERM;
}

int history_load_all(const struct state *s, struct history *h,
		     const struct transaction_summary *needed, struct error *err)
{
	for (size_t i = 0; i < h->count; i++) {
		struct transaction_summary *t = &h->items[i];
		struct error why = {0};
		bool counts = t->state == TRANSACTION_COMMITTED || transaction_is_half_back(t);
		int r = counts ? load_contents(s, t, &why) : 0;

		if (r < 0 && (t == needed || !is_damage(r))) {
			error_move(err, &why);
			return r;
		}
		if (r < 0)
			drop_plan(t);
		error_clear(&why);
	}
	return 0;
}

int history_load(const struct state *s, const char *id, struct transaction_summary *ret,
		 struct error *err)
{
	struct transaction_summary *all = NULL;
	size_t count = 0, chosen = 0;
	int r = history_list(s, &all, &count, err);

	if (r < 0)
		return r;
	r = id ? history_find(all, count, id, &chosen, err)
	       : history_find_in_force(all, count, &chosen, err);
	if (r >= 0)
		r = summarise(s, all[chosen].id, true, ret, err);
	if (r >= 0)
		str_replace(&ret->rolled_back_by, all[chosen].rolled_back_by);
	for (size_t i = 0; i < count; i++)
		transaction_summary_clear(&all[i]);
	free(all);
	return r;
}
