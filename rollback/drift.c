#include "rollback/drift.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "rollback/chain.h"
#include "rollback/loosened.h"

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

/* What stands of the edits of one path, the oldest first, and whose each is. */
struct standing {
	struct edits edits; /* copies that borrow their texts */
	struct owner {
		const struct edit *edit; /* the history's */
		const struct transaction_summary *of;
	} * owners;
	size_t nowners;
};

static void standing_clear(struct standing *s)
{
	free(s->edits.items);
	free(s->owners);
}

/* Of a change of a transaction, as far as it is asked for. */
static void standing_add(struct standing *s, const struct history *h,
			 const struct transaction_summary *t, const struct drift_wanted *wanted,
			 const struct change *change)
{
	for (size_t i = 0; i < change->edits.count; i++) {
		const struct edit *e = &change->edits.items[i];

		if (wanted->is && e->control && !wanted->is(wanted->data, e->control))
			continue;
		if (!history_stands(h, h->count, t, e->control, NULL))
			continue;
		*(struct edit *)array_append(&s->edits.items, &s->edits.count,
					     sizeof(struct edit)) = *e;
		*(struct owner *)array_append(&s->owners, &s->nowners, sizeof(struct owner)) =
			(struct owner){e, t};
	}
}

static bool is_told(const struct drifts *all, size_t first, const struct edit *e)
{
	for (size_t i = first; i < all->count; i++)
		if (subject_equal(all->items[i].edit->subject, e->subject))
			return true;
	return false;
}

/* It is as harden left it, and not as the newest that stands applied it. */
static void add_loosened(const struct standing *s, const struct image *expected, size_t first,
			 struct drifts *ret)
{
	for (size_t i = 0; i < s->edits.count; i++) {
		const struct edit *e = &s->edits.items[i];
		CLEANUP(freep) char *left = NULL;
		struct drift *d;

		if (!is_last(&s->edits, i) || is_told(ret, first, e) ||
		    image_value(expected, e->subject, &left, NULL) < 0 ||
		    !loosened(e->subject, left, e->after))
			continue;
		d = array_append(&ret->items, &ret->count, sizeof(*d));
		d->edit = e;
		d->applied = xstrdup_null(e->after);
		d->now = TAKE_PTR(left);
	}
}

static int compare_standing(const struct standing *s, const struct history *h, const char *path,
			    const struct drift_wanted *wanted, const struct root *root,
			    struct drifts *ret, struct error *err)
{
	CLEANUP(chain_clear) struct chain chain = {0};
	size_t first = ret->count;
	int r = s->edits.count ? chain_open(h, path, &chain, err) : 0;

	if (r >= 0 && s->edits.count)
		r = drift_from_image(root, path, &s->edits, &chain.expected, ret, err);
	if (r >= 0 && wanted->loosened)
		add_loosened(s, &chain.expected, first, ret);
	/* the copies go, their texts are the history's */
	for (size_t i = first; i < ret->count; i++) {
		const struct owner *owner = &s->owners[ret->items[i].edit - s->edits.items];

		ret->items[i].edit = owner->edit;
		ret->items[i].of = owner->of;
	}
	return r;
}

int drift_of(const struct history *h, const struct transaction_summary *t,
	     const struct drift_wanted *wanted, const struct root *root, struct drifts *ret,
	     struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < t->plan.nchanges && r >= 0; i++) {
		CLEANUP(standing_clear) struct standing s = {0};

		standing_add(&s, h, t, wanted, &t->plan.changes[i]);
		r = compare_standing(&s, h, t->plan.changes[i].path, wanted, root, ret, err);
	}
	return r;
}

static void add_of_all(struct standing *s, const struct history *h, const char *path,
		       const struct drift_wanted *wanted)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct transaction_summary *t = &h->items[i];
		const struct change *change =
			transaction_is_in_force(t) ? plan_find_change(&t->plan, path) : NULL;

		if (change)
			standing_add(s, h, t, wanted, change);
	}
}

/* The newest first: what it changed is of the most interest. Each path once, by all that edited it. */
int drift_of_all(const struct history *h, const struct drift_wanted *wanted,
		 const struct root *root, struct drifts *ret, struct error *err)
{
	struct map seen = {0};
	int r = 0;

	for (size_t i = h->count; i > 0 && r >= 0; i--) {
		const struct transaction_summary *t = &h->items[i - 1];

		for (size_t k = 0; transaction_is_in_force(t) && k < t->plan.nchanges && r >= 0;
		     k++) {
			const char *path = t->plan.changes[k].path;
			CLEANUP(standing_clear) struct standing s = {0};

			if (map_get(&seen, path))
				continue;
			map_put(&seen, path, &seen);
			add_of_all(&s, h, path, wanted);
			r = compare_standing(&s, h, path, wanted, root, ret, err);
		}
	}
	map_clear(&seen, NULL);
	return r;
}
