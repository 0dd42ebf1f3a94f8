#include "rollback/chain.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

static void unsettle(struct chain *c)
{
	image_clear(&c->settled.image);
	c->settled = (struct chain_settled){0};
}

void chain_clear(struct chain *c)
{
	unsettle(c);
	free(c->path);
	subjects_clear(&c->subjects);
	image_clear(&c->origin);
	image_clear(&c->expected);
	for (size_t i = 0; i < c->nsteps; i++) {
		image_clear(&c->steps[i].from);
		image_clear(&c->steps[i].to);
	}
	free(c->steps);
	*c = (struct chain){0};
}

static void give_content(struct image *to, const struct image *from)
{
	if (to->node.kind == NODE_FILE && !to->has_content && !to->node.data &&
	    from->node.kind == NODE_FILE && from->has_content) {
		struct timespec mtime = to->node.mtime;

		image_set_content(to, from->content.data, from->content.len);
		to->node.mtime = mtime;
	}
}

/* An image of attributes alone says that the content is as it was. */
static void adopt(struct image *to, const struct image *from)
{
	struct image kept = *to;

	*to = (struct image){0};
	image_copy(to, from);
	give_content(to, &kept);
	image_clear(&kept);
}

/* The first transaction that reads the content tells those before it, too. */
static void tell_content(struct chain *c, const struct image *image)
{
	if (c->expected.has_content || !image->has_content)
		return;
	unsettle(c);
	give_content(&c->origin, image);
	give_content(&c->expected, image);
	for (size_t i = 0; i < c->nsteps; i++) {
		give_content(&c->steps[i].from, image);
		give_content(&c->steps[i].to, image);
	}
}

static struct chain_step *add_step(struct chain *c, const struct transaction_summary *of,
				   const struct change *change)
{
	struct chain_step *step = array_append(&c->steps, &c->nsteps, sizeof(*step));

	step->of = of;
	step->change = change;
	return step;
}

/* Ends at `to`, with the content that is known. */
static void add_images(struct chain *c, const struct transaction_summary *of,
		       const struct image *from, const struct image *to)
{
	struct chain_step *step;
	struct image end = {0};

	image_copy(&end, from);
	adopt(&end, to);
	step = add_step(c, of, NULL);
	image_copy(&step->from, from);
	image_copy(&step->to, &end);
	image_clear(&end);
}

static const struct image *first_image(const struct change *change)
{
	return &change->images[0];
}

static const struct image *last_image(const struct change *change)
{
	return &change->images[change->nimages - 1];
}

static void note_subjects(struct chain *c, const struct change *change)
{
	const size_t known = c->subjects.count;

	for (size_t i = 0; i < change->edits.count; i++)
		if (edit_is_content(&change->edits.items[i]))
			subjects_add_once(&c->subjects, change->edits.items[i].subject);
	if (c->subjects.count != known) /* others' steps are followed by these, too */
		unsettle(c);
}

static bool same_time(const struct image *a, const struct image *b)
{
	return a->node.mtime.tv_sec == b->node.mtime.tv_sec &&
	       a->node.mtime.tv_nsec == b->node.mtime.tv_nsec;
}

/* What a transaction found, where that is not what was expected, or was written at another time. */
static void meet(struct chain *c, const struct image *found)
{
	tell_content(c, found);
	if (!image_equal(&c->expected, found) || !same_time(&c->expected, found))
		add_images(c, NULL, &c->expected, found);
	adopt(&c->expected, found);
}

static void take_apply(struct chain *c, const struct transaction_summary *t,
		       const struct change *change)
{
	if (!c->begun)
		image_copy(&c->origin, first_image(change));
	if (!c->begun)
		image_copy(&c->expected, first_image(change));
	c->begun = true;
	meet(c, first_image(change));
	add_step(c, t, change);
	adopt(&c->expected, last_image(change));
	c->made_directory = false;
}

bool chain_has_content(const struct chain *c)
{
	return c->origin.has_content || c->expected.has_content || c->subjects.count > 0;
}

void chain_add_now(struct chain *c, const struct image *now)
{
	meet(c, now);
}

static const struct edit *neighbour(const struct edits *edits, size_t at, int step)
{
	for (size_t i = at + (size_t)step; i < edits->count; i += (size_t)step)
		if (subject_equal(edits->items[i].subject, edits->items[at].subject))
			return &edits->items[i];
	return NULL;
}

static bool same_control(const struct edit *a, const struct edit *b)
{
	return a && b && strcmp_null(a->control, b->control) == 0;
}

/*
 * Several edits of one subject by one control are one: from the first's value to the last's. The
 * values between may be wider than either (a mode that three resources of a control cap).
 */
static int follow_run(const struct edits *edits, size_t at, struct image *image, struct error *err)
{
	const struct edit *last = &edits->items[at], *first = last;
	size_t i = at;
	struct edit whole;

	if (same_control(last, neighbour(edits, at, 1)))
		return 0;
	while (same_control(last, neighbour(edits, i, -1))) {
		first = neighbour(edits, i, -1);
		i = (size_t)(first - edits->items);
	}
	whole = *last; /* borrows */
	whole.before = first->before;
	return image_follow_edit(image, &whole, err);
}

static bool stands(const struct chain *c, const struct chain_step *s, const char *control,
		   const struct undoing *more)
{
	return history_stands(c->history, c->history->count, s->of, control, more);
}

static int replay_edits(const struct chain *c, const struct chain_step *s,
			const struct undoing *more, struct image *image, struct error *err)
{
	const struct change *change = s->change;
	bool all = true, was_absent = image->node.kind == NODE_ABSENT;
	int r = 0;

	for (size_t i = 0; i < change->edits.count; i++)
		all &= stands(c, s, change->edits.items[i].control, more);
	if (all && image_equal(image, first_image(change))) {
		adopt(image, last_image(change));
		return 0;
	}
	for (size_t i = 0; i < change->edits.count && r >= 0; i++) {
		const struct edit *e = &change->edits.items[i];

		if (!stands(c, s, e->control, more))
			continue;
		r = follow_run(&change->edits, i, image, err);
		if (r >= 0 && was_absent && e->sensitive)
			image->node.mode &= 0700; /* as it was made */
	}
	return r;
}

/* The steps from `first` on, in front of `end`. */
static int replay_steps(const struct chain *c, size_t first, size_t end, const struct undoing *more,
			struct follow *f, struct image *ret, struct error *err)
{
	int r = 0;

	for (size_t i = first; i < end && r >= 0; i++) {
		const struct chain_step *s = &c->steps[i];

		if (s->change)
			r = replay_edits(c, s, more, ret, err);
		else if (!s->of || stands(c, s, NULL, more))
			r = image_follow(&s->from, &s->to, ret, f, err);
	}
	return r;
}

int chain_replay(const struct chain *c, const struct undoing *more, struct follow *f,
		 struct image *ret, struct error *err)
{
	struct follow unheard = {.subjects = &c->subjects};
	int r;

	image_copy(ret, &c->origin);
	r = replay_steps(c, 0, c->nsteps, more, f ? f : &unheard, ret, err);
	follow_clear(&unheard);
	return r;
}

/*
 * The place of the first transaction of which it may change what stands: what is at the end of its chain. 0,
 * so any of them, where that is not known, or does not lie before it.
 */
static size_t first_concerned(const struct history *h, size_t at)
{
	if (!h->items[at].linked)
		return 0;
	while (h->items[at].of_at) {
		if (h->items[at].of_at > at)
			return 0;
		at = h->items[at].of_at - 1;
	}
	return at;
}

/* Of a rollback, also one that has no part in the path by itself. */
static void unsettle_concerned(struct chain *c, size_t first)
{
	if (first < c->settled.behind)
		unsettle(c);
}

/* The place of the first step that may stand otherwise from there on. */
static size_t first_step(const struct chain *c, size_t first, size_t *ret_behind)
{
	size_t ret = c->nsteps;

	*ret_behind = c->settled.behind;
	for (size_t i = c->nsteps; i-- > c->settled.nsteps;) {
		size_t place = c->steps[i].of ? (size_t)(c->steps[i].of - c->history->items) : 0;

		if (!c->steps[i].of)
			continue;
		if (place < first) {
			*ret_behind = place + 1;
			break;
		}
		ret = i;
	}
	return ret;
}

/*
 * What stands after the rollback at that place. Steps before the first that it concerns give what they gave:
 * from these on it is replayed, since a path that is applied and rolled back again and again would be
 * replayed from its origin each time.
 */
static int replay_upto(struct chain *c, size_t at, struct image *ret, struct error *err)
{
	struct history before = *c->history; /* borrows */
	struct follow unheard = {.subjects = &c->subjects};
	size_t first = first_concerned(c->history, at), behind, step;
	struct chain upto;
	int r;

	unsettle_concerned(c, first);
	step = first_step(c, first, &behind);
	before.count = at + 1;
	upto = *c; /* borrows */
	upto.history = &before;
	image_copy(ret, c->settled.nsteps ? &c->settled.image : &c->origin);
	r = replay_steps(&upto, c->settled.nsteps, step, NULL, &unheard, ret, err);
	if (r >= 0 && step > 0) {
		image_copy(&c->settled.image, ret);
		c->settled.nsteps = step;
		c->settled.behind = behind;
	}
	if (r >= 0)
		r = replay_steps(&upto, step, c->nsteps, NULL, &unheard, ret, err);
	follow_clear(&unheard);
	return r;
}

/*
 * A rollback: some edits stand no more, or again. What it left beyond that (because somebody said
 * so) is a step of its own, which goes when the rollback is undone.
 */
static int take_rollback(struct chain *c, size_t at, const struct change *change, struct error *err)
{
	const struct transaction_summary *t = &c->history->items[at];
	struct image result = {0};
	int r;

	if (change)
		meet(c, first_image(change));
	r = replay_upto(c, at, &result, err);
	if (r >= 0 && change) {
		c->made_directory = first_image(change)->node.kind == NODE_DIR &&
				    last_image(change)->node.kind == NODE_ABSENT;
		if (!image_equal(&result, last_image(change)))
			add_images(c, t, &result, last_image(change));
		adopt(&c->expected, last_image(change));
	} else if (r >= 0) {
		image_copy(&c->expected, &result);
	}
	image_clear(&result);
	return r;
}

/*
 * One that was put back in part counts where a rollback of it came here: that has seen what was left.
 * Without one nobody has, and whatever is there is somebody's.
 */
static bool has_part(const struct history *h, const struct transaction_summary *t, const char *path)
{
	if (history_counts(h, t))
		return true;
	for (size_t i = 0; transaction_is_half_back(t) && i < h->count; i++)
		if (h->items[i].state == TRANSACTION_COMMITTED &&
		    strcmp_null(h->items[i].of, t->id) == 0 &&
		    plan_find_change(&h->items[i].plan, path))
			return true;
	return false;
}

int chain_open(const struct history *h, const char *path, struct chain *ret, struct error *err)
{
	int r = 0;

	ret->history = h;
	ret->path = xstrdup(path);
	for (size_t i = 0; i < h->count && r >= 0; i++) {
		const struct transaction_summary *t = &h->items[i];
		const struct change *change;

		if (t->of)
			unsettle_concerned(ret, first_concerned(h, i));
		if (!has_part(h, t, path))
			continue;
		change = plan_find_change(&t->plan, path);
		if (change)
			note_subjects(ret, change);
		if (change && (!t->of || !ret->begun))
			take_apply(ret, t, change);
		else if (t->of && ret->begun)
			r = take_rollback(ret, i, change, err);
	}
	return r;
}
