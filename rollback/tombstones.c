#include "rollback/tombstones.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/map.h"
#include "engine/format/json-util.h"
#include "rollback/transaction-directory.h"

#define NAME "tombstones"
#define MAX_BYTES (64U << 20)

static void tombstone_clear(struct tombstone *t)
{
	seal_clear(&t->seal);
	seal_clear(&t->previous);
	actor_clear(&t->by);
	free(t->how);
	*t = (struct tombstone){0};
}

void tombstones_clear(struct tombstones *t)
{
	for (size_t i = 0; i < t->count; i++)
		tombstone_clear(&t->items[i]);
	free(t->items);
	*t = (struct tombstones){0};
}

static void format(const struct tombstone *t, struct buf *ret)
{
	CLEANUP(json_decrefp) json_t *j = json_object();

	json_put(j, "seal", seal_to_json(&t->seal));
	if (t->chained)
		json_put(j, "previous", seal_to_json(&t->previous));
	if (t->other)
		json_put(j, "other", json_true());
	json_put(j, "how", json_text(t->how));
	json_put(j, "by", actor_to_json(&t->by));
	json_put(j, "usec", json_integer((json_int_t)t->usec));
	json_dump_to(j, JSON_COMPACT, ret);
	buf_putc(ret, '\n');
}

bool tombstone_parse(const char *line, size_t n, struct tombstone *ret)
{
	CLEANUP(json_decrefp) json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	const json_t *previous = json_object_get(j, "previous");
	json_int_t usec = 0;
	int r = json_is_object(j) ? seal_from_json(json_object_get(j, "seal"), &ret->seal, NULL)
				  : -EINVAL;

	ret->chained = previous != NULL;
	if (r >= 0 && previous)
		r = seal_from_json(previous, &ret->previous, NULL);
	if (r >= 0)
		r = json_take_text(j, "how", &ret->how, NULL);
	if (r >= 0)
		r = json_take_int(j, "usec", &usec, NULL);
	ret->usec = (uint64_t)usec;
	ret->other = json_is_true(json_object_get(j, "other"));
	actor_from_json(j, &ret->by);
	if (r >= 0 && ret->seal.id && ret->how)
		return true;
	tombstone_clear(ret);
	return false;
}

int tombstones_list(const struct state *state, struct tombstones *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = state_read(state, NAME, MAX_BYTES, &text, err);

	if (r < 0)
		return r;
	for (size_t at = 0; at < text.len;) {
		const char *line = text.data + at, *end = memchr(line, '\n', text.len - at);
		size_t n = end ? (size_t)(end - line) : text.len - at;
		struct tombstone t = {0};

		/* a line without its end was never waited for: its transaction is there */
		if (end && tombstone_parse(line, n, &t))
			*(struct tombstone *)array_append(&ret->items, &ret->count, sizeof(t)) = t;
		at += n + 1;
	}
	return 0;
}

/*
 * What a transaction says of the one before it. 1; 0: its head can be read, and says nothing of one; negative:
 * it cannot be read.
 */
static int claim_of(const struct state *state, const char *id, struct seal *ret)
{
	CLEANUP(transaction_head_clear) struct transaction_head head = {0};
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(close_fd) int directory = state_open_txn(state, id, false, NULL);

	if (directory < 0 || journal_salvage(directory, &records, NULL) < 0 ||
	    transaction_head_of(&records, &head, NULL) < 0)
		return -EUCLEAN;
	if (head.chained)
		seal_copy(ret, &head.previous);
	return head.chained;
}

/* Who could name one that goes: read once, however many go. */
struct namers {
	struct tombstones gone;
	struct map by_previous; /* id -> the tombstone that names it */
	struct strv ids; /* sorted */
};

static void namers_clear(struct namers *n)
{
	map_clear(&n->by_previous, NULL);
	tombstones_clear(&n->gone);
	strv_clear(&n->ids);
}

static int namers_read(const struct state *state, struct namers *ret, struct error *err)
{
	int r = state_transactions(state, &ret->ids, err);

	if (r >= 0)
		r = tombstones_list(state, &ret->gone, err);
	for (size_t i = 0; i < ret->gone.count && r >= 0; i++)
		if (ret->gone.items[i].previous.id)
			map_put(&ret->by_previous, ret->gone.items[i].previous.id,
				&ret->gone.items[i]);
	return r;
}

/* The first of the sorted ids that is behind this one. */
static size_t first_behind(const struct strv *ids, const char *id)
{
	size_t low = 0, high = ids->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(ids->items[middle], id) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * How the one after it names it; its id stays NULL where none does. Only the next one could: who can be read and
 * names another, or none, as those of earlier versions, has all later ones behind it.
 */
static void named_as(const struct state *state, const struct namers *n, const char *id,
		     struct seal *ret)
{
	const struct tombstone *gone = map_get(&n->by_previous, id);

	if (gone) {
		seal_copy(ret, &gone->previous);
		return;
	}
	for (size_t i = first_behind(&n->ids, id); i < n->ids.count; i++) {
		CLEANUP(seal_clear) struct seal claim = {0};
		int r = claim_of(state, n->ids.items[i], &claim);

		if (r > 0 && strcmp_null(claim.id, id) == 0)
			seal_copy(ret, &claim);
		if (r >= 0)
			return;
	}
}

/* What is known of the transaction's journal, and whether that is what the next one found. */
static void measure(const struct state *state, const char *id, const struct seal *named,
		    struct tombstone *ret)
{
	int r = seal_measure(state, id, named->bytes, &ret->seal, NULL);

	if (r == -ERANGE)
		r = seal_measure(state, id, 0, &ret->seal, NULL);
	if (r < 0) /* it cannot be read, or never was: what is left says no more than that */
		ret->seal.id = xstrdup(id);
	ret->other = named->sha256 && (r < 0 || !seal_equal(&ret->seal, named));
}

static void leave_one(const struct state *state, const struct namers *n, const char *id,
		      const char *how, struct buf *ret)
{
	CLEANUP(tombstones_clear) struct tombstones one = {0};
	CLEANUP(seal_clear) struct seal named = {0};
	struct tombstone *t = array_append(&one.items, &one.count, sizeof(*t));

	named_as(state, n, id, &named);
	t->chained = claim_of(state, id, &t->previous) > 0;
	t->how = xstrdup(how);
	t->usec = clock_usec(CLOCK_REALTIME);
	actor_now(&t->by);
	measure(state, id, &named, t);
	format(t, ret);
}

int tombstones_leave(const struct state *state, const struct strv *ids, const char *how,
		     struct error *err)
{
	CLEANUP(namers_clear) struct namers n = {0};
	CLEANUP(buf_clear) struct buf lines = {0};
	int r = ids->count ? namers_read(state, &n, err) : 0;

	if (r < 0 || ids->count == 0)
		return r;
	for (size_t i = 0; i < ids->count; i++)
		leave_one(state, &n, ids->items[i], how, &lines);
	return state_append(state, NAME, &lines, err);
}

int tombstone_leave(const struct state *state, const char *id, const char *how, struct error *err)
{
	CLEANUP(strv_clear) struct strv one = {0};

	strv_add(&one, id);
	return tombstones_leave(state, &one, how, err);
}
