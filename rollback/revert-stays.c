#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/subject-key.h"
#include "engine/host/read/observe.h"
#include "engine/plan/image.h"
#include "rollback/renamed.h"
#include "rollback/revert-impl.h"

/*
 * What a rollback takes back, and what would be as it was applied all the same: somebody took it away
 * and set it again, or dockerd reads another place now. Nobody is told that this was undone.
 */

/* A value of the apply that goes: from the first edit of the subject to the last. */
struct going {
	const struct edit *first, *last;
};

static bool goes(const struct reversal *v, const struct edit *e)
{
	return edit_is_content(e) && reversal_concerns(v, e->control) &&
	       !history_stands(&v->history, v->history.count, v->root_transaction, e->control,
			       &v->undoing);
}

/* False: the i-th edit does not end one. */
static bool find_going(const struct reversal *v, const struct edits *edits, size_t i,
		       struct going *ret)
{
	const struct edit *e = &edits->items[i];

	if (!goes(v, e))
		return false;
	*ret = (struct going){NULL, e};
	for (size_t k = 0; k < edits->count; k++) {
		const struct edit *other = &edits->items[k];

		if (!subject_equal(other->subject, e->subject) || !goes(v, other))
			continue;
		if (k > i)
			return false;
		if (!ret->first)
			ret->first = other;
	}
	return !image_value_same(e->subject, ret->first->before, e->after);
}

/* Whether another transaction, or another control of this one, wants the same, and stands. */
static bool is_wanted(const struct reversal *v, const char *path, const struct edit *wanted)
{
	const struct history *h = &v->history;

	for (size_t i = 0; i < h->count; i++) {
		const struct change *c = history_counts(h, &h->items[i])
						 ? plan_find_change(&h->items[i].plan, path)
						 : NULL;

		for (size_t k = 0; c && k < c->edits.count; k++) {
			const struct edit *e = &c->edits.items[k];

			if (subject_equal(e->subject, wanted->subject) &&
			    image_value_same(e->subject, e->after, wanted->after) &&
			    history_stands(h, h->count, &h->items[i], e->control, &v->undoing))
				return true;
		}
	}
	return false;
}

static bool has_value(const struct image *image, const struct edit *e)
{
	CLEANUP(freep) char *value = NULL;

	return image_value(image, e->subject, &value, NULL) >= 0 &&
	       image_value_same(e->subject, value, e->after);
}

static char *shown(const struct edit *e, const char *value)
{
	return shown_value(e->subject, e->sensitive, value);
}

static int put_back(struct change *change, const struct going *g, struct error *err)
{
	struct edit *e = edits_add(&change->edits, g->last->control, change->path, g->last->subject,
				   g->last->after, g->first->before);

	e->sensitive = g->last->sensitive;
	return image_apply_edit(&change->images[change->nimages - 1], e, err);
}

int revert_path_stays(struct reversal *v, const struct chain *chain, const struct change *was,
		      struct change *planned, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < was->edits.count && r >= 0; i++) {
		CLEANUP(freep) char *subject = NULL, *from = NULL, *to = NULL;
		struct going g;

		if (!find_going(v, &was->edits, i, &g) || has_value(&chain->origin, g.last) ||
		    !has_value(&planned->images[1], g.last) || is_wanted(v, was->path, g.last))
			continue;
		subject = subject_print(g.last->subject);
		from = shown(g.last, g.first->before);
		to = shown(g.last, g.last->after);
		strv_addf(v->conflicts,
			  "'%s' %s: before %s, applied %s, taken away and set to that again since",
			  was->path, subject, from, to);
		if (v->on_conflict == CONFLICT_BEFORE)
			r = put_back(planned, &g, err);
	}
	return r;
}

int revert_renamed(struct reversal *v, const char *path, const struct image *applied,
		   struct error *err)
{
	CLEANUP(strv_clear) struct strv others = {0};

	renamed_find(v->root, path, applied, &others);
	for (size_t i = 0; i < others.count; i++) {
		strv_add_owned(v->conflicts, renamed_text(path, others.items[i]));
		if (v->on_conflict == CONFLICT_BEFORE)
			return error_set_at(err, -EPERM, others.items[i],
					    "'%s' says what was applied in '%s': take it away, and "
					    "roll back again",
					    others.items[i], path);
	}
	return 0;
}

/* dockerd's file as the rollback leaves it: the plan's change of it, made where there is none. */
static int daemons_file(struct reversal *v, const char *path, struct change **ret,
			struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image now = {0};
	int r;

	*ret = plan_find_change(v->plan, path);
	if (*ret)
		return 0;
	r = root_walk_nofollow(v->root, path, &walk, err);
	if (r >= 0)
		r = image_observe(&walk, true, &now, err);
	if (r < 0)
		return r;
	*ret = plan_add_unchanged(v->plan, path, &now);
	return 0;
}

static bool is_daemons_key(struct subject subject)
{
	CLEANUP(freep) char *top = subject_json_first(subject);

	return top && daemon_key_find(top);
}

/* Of one file that dockerd read when it was changed: what the one that it reads now has of it. */
static int find_in_file(struct reversal *v, const struct change *was, struct change *file,
			struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < was->edits.count && r >= 0; i++) {
		CLEANUP(freep) char *subject = NULL, *from = NULL, *to = NULL;
		struct going g;

		if (!find_going(v, &was->edits, i, &g) || !is_daemons_key(g.last->subject) ||
		    !has_value(&file->images[1], g.last) || is_wanted(v, file->path, g.last))
			continue;
		subject = subject_print(g.last->subject);
		from = shown(g.last, g.first->before);
		to = shown(g.last, g.last->after);
		strv_addf(v->conflicts,
			  "'%s' %s: before %s, applied %s, and dockerd reads '%s' now, which says "
			  "the same",
			  was->path, subject, from, to, file->path);
		if (v->on_conflict == CONFLICT_BEFORE)
			r = put_back(file, &g, err);
	}
	return r;
}

static bool is_daemons_file(const struct change *c)
{
	for (size_t i = 0; i < c->edits.count; i++)
		if (is_daemons_key(c->edits.items[i].subject))
			return true;
	return false;
}

/* By whatever name: a directory on the way to it may have become a link; a link in its place is none. */
static bool is_same_file(const struct root *root, const char *a, const char *b)
{
	CLEANUP(walk_clear) struct walk x = WALK_INIT, y = WALK_INIT;
	struct stat p, q;

	return root_walk_nofollow(root, a, &x, NULL) >= 0 && x.fd >= 0 &&
	       root_walk_nofollow(root, b, &y, NULL) >= 0 && y.fd >= 0 && fstat(x.fd, &p) == 0 &&
	       fstat(y.fd, &q) == 0 && p.st_dev == q.st_dev && p.st_ino == q.st_ino;
}

void revert_name_config(const struct transaction_summary *t, const struct root *root,
			struct facts *facts)
{
	const char *path = facts->docker.config_file;

	for (size_t i = 0; path && i < t->plan.nchanges; i++) {
		const struct change *c = &t->plan.changes[i];

		if (strcmp(c->path, path) == 0 || !is_daemons_file(c) ||
		    !is_same_file(root, c->path, path))
			continue;
		str_replace(&facts->docker.config_file, c->path);
		return;
	}
}

/* Whether the plan puts a file in the place of a link that leads to what dockerd reads now. */
static bool replaces_link(const struct reversal *v, const struct change *c)
{
	const struct change *was = plan_find_change(&v->root_transaction->plan, c->path);

	return was && is_daemons_file(was) && c->images[0].node.kind == NODE_SYMLINK &&
	       c->images[c->nimages - 1].node.kind != NODE_SYMLINK &&
	       observe_is_same(v->root, c->path, v->facts->docker.config_file);
}

const struct change *revert_config_change(const struct reversal *v)
{
	const char *path = v->facts->docker.config_file;

	for (size_t i = 0; path && i < v->plan->nchanges; i++)
		if (replaces_link(v, &v->plan->changes[i]))
			return &v->plan->changes[i];
	return path ? plan_find_change(v->plan, path) : NULL;
}

static int check_file(struct reversal *v, struct error *err)
{
	const char *path = v->facts->docker.config_file;
	const struct plan *was = &v->root_transaction->plan;
	struct change *file = NULL;
	int r = 0;

	for (size_t i = 0; i < was->nchanges && r >= 0; i++) {
		if (!is_daemons_file(&was->changes[i]) || strcmp(was->changes[i].path, path) == 0)
			continue;
		r = daemons_file(v, path, &file, err);
		if (r >= 0 && file->images[0].node.kind == NODE_FILE)
			r = find_in_file(v, &was->changes[i], file, err);
	}
	if (file && file->edits.count == 0 &&
	    image_equal(&file->images[0], &file->images[1])) { /* it was only looked at */
		change_clear(file);
		v->plan->nchanges--;
		memmove(file, file + 1,
			(size_t)(&v->plan->changes[v->plan->nchanges] - file) * sizeof(*file));
	}
	return r;
}

/* Another transaction that stands wants the same of dockerd. */
static bool is_effect_wanted(const struct reversal *v, const struct effect *e)
{
	const struct history *h = &v->history;

	for (size_t i = 0; i < h->count; i++) {
		const struct effect *other =
			h->items[i].state == TRANSACTION_COMMITTED
				? plan_find_effect(&h->items[i].plan, e->subject)
				: NULL;

		if (other && &h->items[i] != v->root_transaction &&
		    history_stands(h, h->count, &h->items[i], other->control, &v->undoing))
			return true;
	}
	return false;
}

/* What a flag gives that the rollback leaves alone: no file of ours tells it. */
static int check_flag(const struct reversal *v, const struct effect *e, struct error *err)
{
	const struct recorded r = find_recorded(v, e->subject);
	const char *key = e->subject.key;
	bool by_flag = false;
	CLEANUP(freep) char *after = daemon_value_after(v, key, &by_flag);
	CLEANUP(freep) char *from = NULL, *to = NULL;

	if (r.last_toggled != e || r.last_standing || !by_flag ||
	    daemon_value_same(key, e->after, recorded_target(&r)) ||
	    !daemon_value_same(key, after, e->after) || is_effect_wanted(v, e))
		return 0;
	from = shown_value(e->subject, false, r.first->before);
	to = shown_value(e->subject, false, e->after);
	strv_addf(v->conflicts,
		  "'%s': before %s, applied %s, and a flag of dockerd's says the same now", key,
		  from, to);
	if (v->on_conflict != CONFLICT_BEFORE)
		return 0;
	return error_set(err, -EPERM,
			 "'%s' is given to dockerd by a flag that this transaction did not write: "
			 "take it out of the command line, and roll back again",
			 key);
}

int revert_daemon_stays(struct reversal *v, struct error *err)
{
	const struct plan *was = &v->root_transaction->plan;
	int r;

	if (v->again || !v->facts->docker.config_file)
		return 0;
	r = check_file(v, err);
	for (size_t i = 0; i < was->nstages && r >= 0; i++)
		for (size_t k = 0; k < was->stages[i].effects.count && r >= 0; k++)
			if (is_daemons(&was->stages[i].effects.items[k]))
				r = check_flag(v, &was->stages[i].effects.items[k], err);
	return r;
}
