#include "cli/bisect/search.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"

#define FEW_PARTS 4 /* up to here all that there is to try is less than halving allows for */

ENUM_TABLE(search_end, enum search_end,
	   SEARCH_END_COUNT, [SEARCH_FOUND] = "found", [SEARCH_NOT_THE_CHANGE] = "not_the_change",
	   [SEARCH_LIMIT] = "limit", [SEARCH_STOPPED] = "stopped");

/* What one walk over the list shares; the lists are as long as there are parts. */
struct walk {
	const struct search_question *q;
	struct search_answer *a;
	bool *broken; /* the smallest that is known to break it */
	bool **well; /* those with which it was well, which nobody has to try again */
	size_t nwell;
};

/* Parts in the order in which they are added to what is tried. */
struct row {
	size_t *items;
	size_t count;
};

size_t search_most(size_t count)
{
	size_t halvings = 0;

	if (count < 2)
		return 0;
	if (count < FEW_PARTS)
		return (size_t)1 << count;
	while (((size_t)1 << halvings) < count)
		halvings++;
	return 2 * halvings + 6;
}

static bool *none(const struct walk *w)
{
	return xcalloc(w->q->count ? w->q->count : 1, sizeof(bool));
}

/* With all that it needs. */
static void add_part(const struct walk *w, size_t part, bool *set)
{
	set[part] = true;
	for (size_t k = 0; k < w->q->count; k++)
		set[k] |= w->q->needs[part * w->q->count + k];
}

static bool same(const struct walk *w, const bool *a, const bool *b)
{
	return memcmp(a, b, w->q->count * sizeof(*a)) == 0;
}

static size_t sum(const struct walk *w, const bool *set)
{
	size_t count = 0;

	for (size_t i = 0; i < w->q->count; i++)
		count += set[i];
	return count;
}

static bool is_known(const struct walk *w, const bool *with)
{
	for (size_t i = 0; i < w->nwell; i++)
		if (same(w, w->well[i], with))
			return true;
	return false;
}

/* Where it is known to be well already, `keep` is what it is asked for. */
static enum tried ask(struct walk *w, const bool *with, bool keep)
{
	enum tried t;
	bool *copy;

	if (!keep && is_known(w, with))
		return TRIED_WELL;
	t = w->q->ask(w->q->data, with, keep);
	w->a->tries++;
	if (t == TRIED_STOP)
		w->a->end = SEARCH_STOPPED;
	if (t == TRIED_BROKEN)
		memcpy(w->broken, with, w->q->count * sizeof(*with));
	if (t != TRIED_WELL)
		return t;
	copy = none(w);
	memcpy(copy, with, w->q->count * sizeof(*with));
	*(bool **)array_append(&w->well, &w->nwell, sizeof(*w->well)) = copy;
	return t;
}

/* The last of them is for what is left when the culprit is known. */
static bool may_ask(const struct walk *w, const bool *with)
{
	return is_known(w, with) || w->a->tries + 1 < w->q->most;
}

/* The first `n` of the row beside those that are in any case, with what they need. */
static bool *beginning(const struct walk *w, const struct row *row, size_t n, const bool *always)
{
	bool *set = none(w);

	for (size_t i = 0; i < w->q->count; i++)
		if (always[i])
			add_part(w, i, set);
	for (size_t i = 0; i < n; i++)
		add_part(w, row->items[i], set);
	return set;
}

/*
 * All of the row breaks it beside `always`, which alone does not: the place behind the last of the shortest
 * beginning that does. 0: that could not be found out.
 */
static size_t shortest(struct walk *w, const struct row *row, const bool *always)
{
	size_t well = 0, broken = row->count;

	while (broken - well > 1) {
		size_t half = well + (broken - well) / 2;
		CLEANUP(freep) bool *with = beginning(w, row, half, always);
		enum tried t;

		if (same(w, with, w->broken)) {
			broken = half; /* what is behind it came along already */
			continue;
		}
		if (!may_ask(w, with))
			return 0;
		t = ask(w, with, false);
		if (t == TRIED_STOP)
			return 0;
		if (t == TRIED_BROKEN)
			broken = half;
		else
			well = half;
	}
	return broken;
}

/* The one that a failure speaks of is tried alone at first: it is right more often than not. */
static enum tried try_suspect(struct walk *w)
{
	size_t suspect = w->q->suspect(w->q->data);
	CLEANUP(freep) bool *with = none(w);

	if (suspect >= w->q->count || !w->broken[suspect])
		return TRIED_WELL;
	add_part(w, suspect, with);
	if (same(w, with, w->broken) || !may_ask(w, with))
		return TRIED_WELL;
	return ask(w, with, false);
}

static void row_of(const struct walk *w, const bool *set, struct row *ret)
{
	ret->items = xcalloc(w->q->count, sizeof(*ret->items));
	for (size_t i = 0; i < w->q->count; i++)
		if (set[i])
			ret->items[ret->count++] = i;
}

static void row_clear(struct row *row)
{
	free(row->items);
}

/*
 * Whether the group breaks it without any other; where it does not, and what was seen of it hangs on one try,
 * that one is made once more: what is well then was not broken by the change.
 */
static enum tried try_group(struct walk *w, const bool *group, bool *seen_twice)
{
	CLEANUP(freep) bool *all = none(w);
	enum tried t;

	memcpy(all, w->broken, w->q->count * sizeof(*all));
	if (same(w, group, all))
		return TRIED_BROKEN;
	if (!may_ask(w, group))
		return TRIED_STOP;
	t = ask(w, group, false);
	if (t != TRIED_WELL || *seen_twice)
		return t;
	if (!may_ask(w, all))
		return TRIED_STOP;
	*seen_twice = true;
	t = ask(w, all, false);
	if (t == TRIED_WELL)
		w->a->end = SEARCH_NOT_THE_CHANGE;
	return t == TRIED_BROKEN ? TRIED_WELL : TRIED_STOP;
}

/* Adds members to the group until it breaks the host by itself; false: that could not be found out. */
static bool complete(struct walk *w, struct row *row, bool *members)
{
	bool seen_twice = false;

	for (;;) {
		CLEANUP(freep) bool *group = beginning(w, row, 0, members);
		enum tried t = try_group(w, group, &seen_twice);
		size_t n;

		if (t != TRIED_WELL)
			return t == TRIED_BROKEN;
		n = shortest(w, row, members);
		if (n == 0)
			return false;
		members[row->items[n - 1]] = true;
		row->count = n - 1;
	}
}

static void add_culprit(struct walk *w, const bool *members, bool exact)
{
	struct culprit *c =
		array_append(&w->a->culprits, &w->a->nculprits, sizeof(*w->a->culprits));
	CLEANUP(row_clear) struct row row = {0};

	row_of(w, members, &row);
	*c = (struct culprit){.members = TAKE_PTR(row.items), .count = row.count, .exact = exact};
}

/* In `broken`, which breaks the host; what of it was found out is added. */
static void find(struct walk *w)
{
	CLEANUP(freep) bool *nothing = none(w), *members = none(w);
	CLEANUP(row_clear) struct row row = {0};
	bool exact = false;
	size_t n;

	if (try_suspect(w) == TRIED_STOP)
		return;
	row_of(w, w->broken, &row);
	n = shortest(w, &row, nothing);
	if (n > 0) {
		members[row.items[n - 1]] = true;
		row.count = n - 1;
		exact = complete(w, &row, members);
	}
	if (w->a->end == SEARCH_FOUND)
		add_culprit(w, exact ? members : w->broken, exact);
}

static size_t dependents(const struct walk *w, size_t part)
{
	size_t count = 0;

	for (size_t i = 0; i < w->q->count; i++)
		count += w->q->needs[i * w->q->count + part] && !w->a->out[i];
	return count;
}

/* What is given up with it first, then what it is worth; of equals the last. */
static size_t least(const struct walk *w, const struct culprit *c)
{
	size_t best = c->members[0];

	for (size_t i = 1; i < c->count; i++) {
		size_t part = c->members[i], mine = dependents(w, part), its = dependents(w, best);

		if (mine < its || (mine == its && w->q->worth[part] <= w->q->worth[best]))
			best = part;
	}
	return best;
}

static void leave_out(struct walk *w, size_t part)
{
	w->a->out[part] = true;
	for (size_t i = 0; i < w->q->count; i++)
		w->a->out[i] |= w->q->needs[i * w->q->count + part];
}

static void leave_out_culprit(struct walk *w)
{
	const struct culprit *c = &w->a->culprits[w->a->nculprits - 1];

	if (c->exact)
		leave_out(w, least(w, c));
	for (size_t i = 0; !c->exact && i < c->count; i++)
		leave_out(w, c->members[i]);
}

/* True: that was all, for better or worse. */
static bool keep_rest(struct walk *w)
{
	CLEANUP(freep) bool *rest = none(w);
	enum tried t;

	for (size_t i = 0; i < w->q->count; i++)
		rest[i] = !w->a->out[i];
	if (sum(w, rest) == 0)
		return true;
	if (w->a->tries >= w->q->most) {
		w->a->end = SEARCH_LIMIT;
		return true;
	}
	t = ask(w, rest, true);
	if (t == TRIED_WELL)
		memcpy(w->a->kept, rest, w->q->count * sizeof(*rest));
	return t != TRIED_BROKEN;
}

static void walk_clear(struct walk *w)
{
	for (size_t i = 0; i < w->nwell; i++)
		free(w->well[i]);
	free(w->well);
}

void search(const struct search_question *q, struct search_answer *ret)
{
	CLEANUP(walk_clear) struct walk w = {.q = q, .a = ret};
	CLEANUP(freep) bool *broken = none(&w);

	*ret = (struct search_answer){.out = none(&w), .kept = none(&w)};
	w.broken = broken;
	for (size_t i = 0; i < q->count; i++)
		broken[i] = true;
	do {
		find(&w);
		if (ret->end == SEARCH_FOUND)
			leave_out_culprit(&w);
	} while (ret->end == SEARCH_FOUND && !keep_rest(&w));
}

void search_answer_clear(struct search_answer *a)
{
	for (size_t i = 0; i < a->nculprits; i++)
		free(a->culprits[i].members);
	free(a->culprits);
	free(a->out);
	free(a->kept);
	*a = (struct search_answer){0};
}
