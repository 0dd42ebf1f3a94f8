#include "rollback/prune.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/write/write.h"
#include "rollback/history-left.h"
#include "rollback/pruned.h"
#include "rollback/tombstones.h"
#include "rollback/transaction-directory.h"
#include "rollback/transaction-remove.h"

/* All transactions, and which of them go. */
struct choice {
	struct transaction_summary *all; /* oldest first */
	size_t count;
	bool *goes;
	size_t *in_force; /* places of those that are in force as a whole, the oldest first */
	size_t nin_force;
	const struct root *root;
	const struct strv *waits, *leaves; /* ids */
	const struct facts *now;
};

static void choice_clear(struct choice *c)
{
	for (size_t i = 0; i < c->count; i++)
		transaction_summary_clear(&c->all[i]);
	free(c->all);
	free(c->goes);
	free(c->in_force);
}

static int choice_init(struct choice *c, const struct state *s, const struct root *root,
		       const struct pruning *given, struct error *err)
{
	int r = history_list(s, &c->all, &c->count, err);

	c->root = root;
	c->waits = &given->waits;
	c->leaves = &given->leaves;
	c->now = given->now;
	c->goes = r < 0 ? NULL : xcalloc(c->count + 1, sizeof(*c->goes));
	for (size_t i = 0; i < c->count; i++)
		if (transaction_is_in_force(&c->all[i]))
			*(size_t *)array_append(&c->in_force, &c->nin_force, sizeof(size_t)) = i;
	return r;
}

void pruning_clear(struct pruning *p)
{
	strv_clear(&p->waits);
	strv_clear(&p->leaves);
	strv_clear(&p->ids);
	strv_clear(&p->in_force);
	strv_clear(&p->kept);
	strv_clear(&p->forgotten);
	*p = (struct pruning){0};
}

/* The transaction that this one undid, when that one stays. */
static const struct transaction_summary *still_there(const struct choice *c,
						     const struct transaction_summary *t)
{
	return t->of_at && !c->goes[t->of_at - 1] ? &c->all[t->of_at - 1] : NULL;
}

/* What the i-th had made of something when the j-th, a later one, made another thing of it. */
static bool is_beneath(const struct choice *c, size_t i, size_t j)
{
	const struct history h = {.items = c->all, .count = c->count};
	const struct transaction_summary *t = &c->all[i];
	const struct plan *later = &c->all[j].plan;

	for (size_t k = 0; k < t->plan.nchanges; k++)
		for (size_t n = 0; n < t->plan.changes[k].edits.count; n++) {
			const struct edit *e = &t->plan.changes[k].edits.items[n];

			if (plan_last_edit(later, t->plan.changes[k].path, e->subject) &&
			    history_stands(&h, j, t, e->control, NULL))
				return true;
		}
	for (size_t k = 0; k < t->plan.nstages; k++)
		for (size_t n = 0; n < t->plan.stages[k].effects.count; n++) {
			const struct effect *e = &t->plan.stages[k].effects.items[n];

			if (plan_find_effect(later, e->subject) &&
			    history_stands(&h, j, t, e->control, NULL))
				return true;
		}
	return false;
}

static bool is_made_directory(const struct change *c)
{
	return c->images[0].node.kind == NODE_ABSENT &&
	       c->images[c->nimages - 1].node.kind == NODE_DIR;
}

/* Whether the plan leaves something in the directory, which it found there. */
static bool lies_in(const struct plan *plan, const char *directory)
{
	const struct change *own = plan_find_change(plan, directory);

	if (own && is_made_directory(own))
		return false; /* it takes that away itself */
	for (size_t k = 0; k < plan->nchanges; k++) {
		const struct change *c = &plan->changes[k];

		if (path_is_below(c->path, directory) &&
		    c->images[c->nimages - 1].node.kind != NODE_ABSENT)
			return true;
	}
	return false;
}

/* What the i-th made for its own files has those of the j-th in it, with which it is to go. */
static bool is_around(const struct choice *c, size_t i, size_t j)
{
	const struct plan *plan = &c->all[i].plan;

	for (size_t k = 0; k < plan->nchanges; k++)
		if (is_made_directory(&plan->changes[k]) &&
		    lies_in(&c->all[j].plan, plan->changes[k].path))
			return true;
	return false;
}

/*
 * A later one in force that found in place what this one had made, and whose undoing would bring that
 * back, or leave its directories empty: that it was undone meanwhile nobody else tells. NULL: none.
 */
static const struct transaction_summary *stands_on(const struct choice *c, size_t i)
{
	const struct transaction_summary *later = NULL;

	if (c->all[i].of)
		return NULL;
	for (size_t k = c->nin_force; k-- > 0 && c->in_force[k] > i;)
		if (!c->goes[c->in_force[k]] &&
		    (is_beneath(c, i, c->in_force[k]) || is_around(c, i, c->in_force[k])))
			later = &c->all[c->in_force[k]];
	return later;
}

/* One that waits for a restart: this, or a rollback of it, which alone tells what is in force till then. */
static const struct transaction_summary *waiting(const struct choice *c,
						 const struct transaction_summary *t)
{
	const struct history h = {.items = c->all, .count = c->count};

	for (size_t i = 0; i < c->waits->count; i++) {
		const struct transaction_summary *w = history_by_id(&h, c->waits->items[i]), *of;

		for (of = w; of; of = of->of ? history_by_id(&h, of->of) : NULL)
			if (of == t)
				return w;
	}
	return NULL;
}

/* Why the i-th must stay (the caller frees it); NULL when it may go. */
static char *obstacle(const struct choice *c, size_t i)
{
	const struct transaction_summary *t = &c->all[i], *undone = still_there(c, t),
					 *later = NULL, *waits = waiting(c, t);
	bool decided = t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_ROLLED_BACK;

	if (!decided)
		return xasprintf("%s: %s", t->id, transaction_state_to_string(t->state));
	if (!t->swept)
		return xasprintf("%s: 'harden recover' has not swept up behind it", t->id);
	if (waits)
		return xasprintf("%s: what %s wrote is not in force yet ('harden status')", t->id,
				 waits == t ? "it" : waits->id);
	if (strv_contains(c->leaves, t->id))
		return xasprintf("%s: what its undoing left in the kernel is there still ('harden "
				 "status')",
				 t->id);
	if (undone)
		return xasprintf("%s: it undid %s, which is still there", t->id, undone->id);
	if (t->state == TRANSACTION_COMMITTED && !transaction_is_in_force(t))
		later = stands_on(c, i);
	if (later)
		return xasprintf("%s: it is undone, and %s rests on it", t->id, later->id);
	return NULL;
}

/* As a whole; or in what recovery had to leave of it. */
static bool is_in_force(const struct choice *c, size_t i)
{
	const struct history h = {.items = c->all, .count = c->count, .now = c->now};

	return transaction_is_in_force(&c->all[i]) || history_leaves(&h, c->root, i);
}

static int take_choice(const struct state *s, const struct choice *c, struct pruning *ret,
		       struct error *err)
{
	for (size_t i = 0; i < c->count; i++) {
		ret->left += !c->goes[i];
		if (!c->goes[i])
			continue;
		strv_add(&ret->ids, c->all[i].id);
		if (is_in_force(c, i))
			strv_add(&ret->in_force, c->all[i].id);
	}
	return transaction_sizes(s, &ret->ids, &ret->bytes, err);
}

/* By CLOCK_REALTIME as it was: one that began with a wrong clock is as old as that said. */
static bool is_old(const struct transaction_summary *t, const struct pruning_limits *limits)
{
	return limits->before_usec == UINT64_MAX ||
	       (t->started_usec && t->started_usec <= limits->before_usec);
}

int pruning_choose_old(const struct state *s, const struct root *root,
		       const struct pruning_limits *limits, struct pruning *ret, struct error *err)
{
	CLEANUP(choice_clear) struct choice c = {0};
	int r = choice_init(&c, s, root, ret, err);

	if (r < 0)
		return r;
	/*
	 * The oldest first: when one stays, its undoing stays too. Without one that is in force
	 * nobody could undo what it did, nor tell that it did it.
	 */
	for (size_t i = 0; i + limits->keep < c.count; i++) {
		CLEANUP(freep) char *why = NULL;

		if (!is_old(&c.all[i], limits))
			continue;
		why = is_in_force(&c, i) ? xasprintf("%s: in force", c.all[i].id) : obstacle(&c, i);
		c.goes[i] = !why;
		if (why)
			strv_add(&ret->kept, why);
	}
	return take_choice(s, &c, ret, err);
}

static int mark(struct choice *c, const char *id, struct error *err)
{
	size_t at;
	int r = history_find(c->all, c->count, id, &at, err);

	if (r >= 0)
		c->goes[at] = true;
	return r;
}

int pruning_choose(const struct state *s, const struct root *root, const struct strv *ids,
		   struct pruning *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv pruned = {0};
	CLEANUP(choice_clear) struct choice c = {0};
	int r = choice_init(&c, s, root, ret, err);

	if (r >= 0)
		r = pruned_list(s, &pruned, err);
	for (size_t i = 0; i < ids->count && r >= 0; i++) {
		if (strv_contains(&pruned, ids->items[i]))
			strv_add_once(&ret->forgotten, ids->items[i]);
		else
			r = mark(&c, ids->items[i], err);
	}
	for (size_t i = 0; i < c.count && r >= 0; i++) {
		CLEANUP(freep) char *why = c.goes[i] ? obstacle(&c, i) : NULL;

		if (why)
			r = error_set(err, -EBUSY, "transaction %s", why);
	}
	return r < 0 ? r : take_choice(s, &c, ret, err);
}

/* A prune that was broken off may have noted what was undone since: nothing of that stands. */
static int forget_stale(const struct state *s, const struct pruning *p, struct error *err)
{
	CLEANUP(strv_clear) struct strv stale = {0};

	for (size_t i = 0; i < p->ids.count; i++)
		if (!strv_contains(&p->in_force, p->ids.items[i]))
			strv_add(&stale, p->ids.items[i]);
	return pruned_forget(s, &stale, err);
}

int pruning_run(const struct state *s, const struct pruning *p, struct error *err)
{
	int r = forget_stale(s, p, err);

	for (size_t i = 0; i < p->in_force.count && r >= 0; i++)
		r = pruned_note(s, p->in_force.items[i], err);
	if (r >= 0)
		r = tombstones_leave(s, &p->ids, TOMBSTONE_PRUNED, err);
	/* the oldest first: broken off, this leaves no transaction without its undoing */
	for (size_t i = 0; i < p->ids.count && r >= 0; i++)
		r = transaction_empty_directory(s, p->ids.items[i], err);
	if (r >= 0 && p->ids.count)
		r = write_sync_fs(s->fd, err);
	for (size_t i = 0; i < p->ids.count && r >= 0; i++)
		r = transaction_remove_emptied(s, p->ids.items[i], err);
	if (r >= 0)
		r = pruned_forget(s, &p->forgotten, err);
	return r < 0 || p->ids.count + p->forgotten.count == 0 ? r : write_sync_fs(s->fd, err);
}
