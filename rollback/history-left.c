#include "rollback/history-left.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/subject-key.h"
#include "engine/host/read/observe.h"
#include "engine/plan/image.h"
#include "rollback/account.h"
#include "rollback/broken.h"
#include "rollback/left-effects.h"
#include "rollback/renamed.h"

/*
 * Of one that undid it, by another path, too: the file may have another place by then. Not by the
 * path of another file in which the same was set.
 */
static bool is_about(const struct transaction_summary *later, const struct change *change,
		     const struct transaction_summary *t, const char *path, const struct edit *edit)
{
	bool same = strcmp(change->path, path) == 0;

	if (!same && (strcmp_null(later->of, t->id) != 0 || !edit_is_content(edit) ||
		      plan_last_edit(&t->plan, change->path, edit->subject)))
		return false;
	return edits_last_on(&change->edits, edit->subject) != NULL;
}

static bool settles(const struct transaction_summary *later, const struct transaction_summary *t,
		    const char *path, const struct edit *edit)
{
	for (size_t i = 0; i < later->plan.nchanges; i++)
		if (is_about(later, &later->plan.changes[i], t, path, edit))
			return true;
	return false;
}

static bool is_settled(const struct history *h, size_t at, const char *path,
		       const struct edit *edit)
{
	const struct transaction_summary *t = &h->items[at];
	bool again =
		history_stands(h, h->count, t, edit->control, NULL); /* its undoing is undone */

	/* mostly by what undid it, which need not be searched for */
	for (size_t i = 0; i < t->nundone_by && !again; i++) {
		const struct transaction_summary *later = &h->items[t->undone_by[i]];

		if (t->undone_by[i] > at && later->state == TRANSACTION_COMMITTED &&
		    settles(later, t, path, edit))
			return true;
	}
	for (size_t n = at + 1; n < h->count; n++) {
		const struct transaction_summary *later = &h->items[n];

		if (later->state == TRANSACTION_COMMITTED &&
		    !(again && history_root(h, later) == t) && settles(later, t, path, edit))
			return true;
	}
	return false;
}

int history_has_value(const struct root *root, const char *path, const struct edit *e,
		      const char *wanted)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image now = {0};
	CLEANUP(freep) char *value = NULL;
	int r = edit_is_content(e) ? root_walk(root, path, &walk, NULL)
				   : root_walk_nofollow(root, path, &walk, NULL);

	if (r >= 0)
		r = image_observe(&walk, true, &now, NULL);
	if (r >= 0)
		r = image_value(&now, e->subject, &value, NULL);
	return r < 0 ? r : image_value_same(e->subject, value, wanted);
}

/* What was applied can stand in a copy beside the file, which is read as it was. */
static bool stands_beside(const struct root *root, const char *path, const struct edit *e)
{
	const char *name = path_name(path);
	CLEANUP(freep) char *directory = xstrndup(path, (size_t)(name - path));
	CLEANUP(strv_clear) struct strv names = {0};
	int r = observe_children(root, directory, &names, NULL);

	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *other = xasprintf("%s%s", directory, names.items[i]);

		if (strcmp(names.items[i], name) != 0 &&
		    renamed_same_ending(name, names.items[i]) &&
		    history_has_value(root, other, e, e->after) != 0)
			return true;
	}
	return r < 0 && r != -ENOENT;
}

/*
 * A mode, an owner or a list of what was not there before has no value to go back to: it goes with the
 * thing, which stays for what others wrote into it. A directory that nobody else uses can go.
 */
static bool is_without_before(const struct root *root, const struct change *change,
			      const struct edit *edit)
{
	CLEANUP(strv_clear) struct strv names = {0};

	if (edit_is_content(edit) || change->images[0].node.kind != NODE_ABSENT)
		return false;
	return !root || edit->subject.scheme != SCHEME_EXISTS ||
	       observe_children(root, change->path, &names, NULL) < 0 || names.count > 0;
}

/* Is as it was before the apply, be it that it was not there: whoever did that, nothing is left. */
static bool is_gone(const struct root *root, const struct change *change, const struct edit *edit)
{
	const struct edit *first = edits_first_on(&change->edits, edit->subject);
	bool content = edit_is_content(edit);

	if (!root || !first)
		return false;
	if (!content && !first->before)
		return false;
	return history_has_value(root, change->path, edit, first->before) == 1 &&
	       !(content && stands_beside(root, change->path, edit));
}

/* A rollback that leaves it out while the unit behind it is gone does so each time. */
static bool leads_nowhere(const struct root *root, const struct change *change,
			  const struct edit *edit)
{
	CLEANUP(walk_clear) struct walk there = WALK_INIT, behind = WALK_INIT;
	const struct edit *first = edits_first_on(&change->edits, edit->subject);

	return root && edit->subject.scheme == SCHEME_LINK && first->before &&
	       *first->before == '/' && root_walk_nofollow(root, change->path, &there, NULL) >= 0 &&
	       there.fd < 0 && root_walk(root, first->before, &behind, NULL) >= 0 && behind.fd < 0;
}

/* Who was taken out of a group and has no account any more: no later rollback brings that in. */
static bool stays_out(const struct root *root, const struct edit *edit)
{
	CLEANUP(freep) char *group = NULL;
	const char *name;

	return root && edit->subject.scheme == SCHEME_MEMBER && !edit->after &&
	       subject_key_split(edit->subject.key, &group, &name) &&
	       account_find(root, name) == ACCOUNT_GONE;
}

static bool is_of_the_thing(const struct edit *edit)
{
	return !edit_is_content(edit) && edit->subject.scheme != SCHEME_EXISTS &&
	       edit->subject.scheme != SCHEME_LINK;
}

/*
 * Of a file or directory nothing was changed but its rights, and it is not there any more, or another
 * thing is: they went with it. What cannot be looked at may have them still.
 */
static bool is_without_thing(const struct root *root, const struct change *change)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image now = {0};
	int r;

	for (size_t i = 0; i < change->edits.count; i++)
		if (!is_of_the_thing(&change->edits.items[i]))
			return false;
	if (!root || change->nimages == 0)
		return false;
	r = root_walk_nofollow(root, change->path, &walk, NULL);
	if (r >= 0)
		r = image_observe(&walk, false, &now, NULL);
	return broken_is_led_away(r) ||
	       (r >= 0 && now.node.kind != NODE_UNKNOWN &&
		now.node.kind != change->images[change->nimages - 1].node.kind);
}

/* An apply that was undone: what no later one changed back, but for what went with its file. */
static bool is_left(const struct history *h, const struct root *root,
		    const struct transaction_summary *t, const struct change *change,
		    const struct edit *edit)
{
	return !is_gone(root, change, edit) && !leads_nowhere(root, change, edit) &&
	       !stays_out(root, edit) && !history_resting(h, t, edit->control, NULL);
}

/* Of one that recovery put back but for what others had changed: what harden had set, and is there or may be. */
static bool is_kept(const struct root *root, const struct change *change, const struct edit *edit)
{
	return edit->after && strcmp_null(edit->before, edit->after) != 0 &&
	       history_has_value(root, change->path, edit, edit->after) != 0;
}

static void add_subject(const struct change *change, const struct edit *edit, struct strv *ret)
{
	CLEANUP(freep) char *subject = subject_print(edit->subject);
	CLEANUP(freep) char *text = xasprintf("%s of %s", subject, change->path);

	strv_add_once(ret, text);
}

void history_left_by(const struct history *h, const struct root *root, size_t at, struct strv *ret)
{
	const struct transaction_summary *t = &h->items[at];
	bool undone = t->state == TRANSACTION_COMMITTED;

	if (t->of || !(undone || (transaction_is_half_back(t) && root)))
		return;
	for (size_t i = 0; i < t->plan.nchanges; i++) {
		const struct change *change = &t->plan.changes[i];
		bool thing = !is_without_thing(root, change);

		for (size_t k = 0; k < change->edits.count && thing; k++) {
			const struct edit *edit = &change->edits.items[k];

			/* what stands, as most does, is not left: later ones need not be asked */
			if (undone && history_stands(h, h->count, t, edit->control, NULL))
				continue;
			if (!is_without_before(root, change, edit) &&
			    !is_settled(h, at, change->path, edit) &&
			    (undone ? is_left(h, root, t, change, edit)
				    : is_kept(root, change, edit)))
				add_subject(change, edit, ret);
		}
	}
	left_effects_by(h, root, at, ret);
}

void history_left(const struct history *h, const struct root *root, struct strv *ret)
{
	for (size_t i = 0; i < h->count; i++)
		history_left_by(h, root, i, ret);
}

bool history_leaves(const struct history *h, const struct root *root, size_t at)
{
	CLEANUP(strv_clear) struct strv left = {0};

	if (transaction_is_half_back(&h->items[at]))
		history_left_by(h, root, at, &left);
	return left.count > 0;
}

int history_find_undoable(const struct history *h, const struct root *root, size_t *ret,
			  struct error *err)
{
	for (size_t i = h->count; i > 0; i--) {
		size_t newest;

		if (history_leaves(h, root, i - 1)) {
			*ret = i - 1;
			return 0;
		}
		/* whether it is this one is asked of the only place that knows */
		if (history_find_in_force(&h->items[i - 1], 1, &newest, NULL) != -ENOENT)
			return history_find_in_force(h->items, i, ret, err);
	}
	return history_find_in_force(h->items, 0, ret, err);
}
