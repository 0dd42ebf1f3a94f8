#include "rollback/drift.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/chain.h"

void drifts_clear(struct drifts *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->items[i].applied);
		free(d->items[i].now);
	}
	free(d->items);
	*d = (struct drifts){0};
}

/* A directory that others use stays where it should go: they have put files there. */
static bool is_left_directory(const struct image *expected, const struct image *now)
{
	return expected->node.kind == NODE_ABSENT && now->node.kind == NODE_DIR;
}

static bool is_last(const struct edits *edits, size_t at)
{
	for (size_t i = at + 1; i < edits->count; i++)
		if (subject_equal(edits->items[i].subject, edits->items[at].subject))
			return false;
	return true;
}

static int compare(const struct edit *e, const struct image *expected, const struct image *now,
		   struct drifts *ret, struct error *err)
{
	CLEANUP(freep) char *want = NULL, *have = NULL;
	struct drift *d;
	int r = image_value(expected, e->subject, &want, err);

	if (r >= 0)
		r = image_value(now, e->subject, &have, err);
	if (r < 0)
		return r;
	if (image_value_same(e->subject, want, have))
		return 0;
	d = array_append(&ret->items, &ret->count, sizeof(*d));
	d->edit = e;
	d->applied = TAKE_PTR(want);
	d->now = TAKE_PTR(have);
	return 0;
}

/* Something else stands there: that is told, and not that a link has another mode than a file. */
static bool add_other_kind(const struct edits *edits, const struct image *expected,
			   const struct image *now, struct drifts *ret)
{
	struct drift *d;

	if (edits->count == 0 || expected->node.kind == NODE_ABSENT ||
	    now->node.kind == NODE_ABSENT || now->node.kind == expected->node.kind)
		return false;
	d = array_append(&ret->items, &ret->count, sizeof(*d));
	d->edit = &edits->items[edits->count - 1];
	d->applied = node_describe(&expected->node);
	d->now = node_describe(&now->node);
	d->other_kind = true;
	return true;
}

int drift_from_image(const struct root *root, const char *path, const struct edits *edits,
		     const struct image *expected, struct drifts *ret, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image now = {0};
	int r = root_walk_nofollow(root, path, &walk, err);

	if (r >= 0)
		r = image_observe(&walk, true, &now, err);
	if (r >= 0 && now.node.kind == NODE_UNKNOWN)
		r = error_errno_at(err, now.node.error, path, "cannot look at '%s'", path);
	if (r < 0 || is_left_directory(expected, &now))
		return r < 0 ? r : 0;
	if (add_other_kind(edits, expected, &now, ret))
		return 0;
	for (size_t i = 0; i < edits->count && r >= 0; i++)
		if (is_last(edits, i))
			r = compare(&edits->items[i], expected, &now, ret, err);
	return r < 0 ? error_about(err, error_wrap(err, r, "'%s'", path), path) : 0;
}

/* Borrows: what stands of a change's edits, of those that are asked for. */
static void standing(const struct history *h, const struct transaction_summary *t,
		     const struct drift_wanted *wanted, const struct change *change,
		     struct edits *ret)
{
	for (size_t i = 0; i < change->edits.count; i++) {
		const struct edit *e = &change->edits.items[i];

		if (wanted->is && e->control && !wanted->is(wanted->data, e->control))
			continue;
		if (history_stands(h, h->count, t, e->control, NULL))
			*(struct edit *)array_append(&ret->items, &ret->count,
						     sizeof(struct edit)) = *e;
	}
}

static int drift_of_change(const struct history *h, const struct transaction_summary *t,
			   const struct drift_wanted *wanted, const struct change *change,
			   const struct root *root, struct drifts *ret, struct error *err)
{
	CLEANUP(chain_clear) struct chain chain = {0};
	struct edits edits = {0};
	size_t first = ret->count;
	int r = 0;

	standing(h, t, wanted, change, &edits);
	if (edits.count)
		r = chain_open(h, change->path, &chain, err);
	if (r >= 0 && edits.count)
		r = drift_from_image(root, change->path, &edits, &chain.expected, ret, err);
	/* the copies go, their texts are the history's */
	for (size_t i = first; i < ret->count; i++)
		for (size_t k = 0; k < change->edits.count; k++)
			if (ret->items[i].edit->subject.key == change->edits.items[k].subject.key)
				ret->items[i].edit = &change->edits.items[k];
	free(edits.items);
	return r;
}

int drift_of(const struct history *h, const struct transaction_summary *t,
	     const struct drift_wanted *wanted, const struct root *root, struct drifts *ret,
	     struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < t->plan.nchanges && r >= 0; i++)
		r = drift_of_change(h, t, wanted, &t->plan.changes[i], root, ret, err);
	return r;
}
