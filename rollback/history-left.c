#include "rollback/history-left.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"
#include "engine/plan/image.h"

/* Of one that undid it, by another path, too: the file may have another place by then. */
static bool is_about(const struct transaction_summary *later, const struct change *change,
		     const struct transaction_summary *t, const char *path, const struct edit *edit)
{
	bool same = strcmp(change->path, path) == 0;

	if (!same && (strcmp_null(later->of, t->id) != 0 || !edit_is_content(edit)))
		return false;
	for (size_t i = 0; i < change->edits.count; i++)
		if (subject_equal(change->edits.items[i].subject, edit->subject))
			return true;
	return false;
}

static bool is_settled(const struct history *h, size_t at, const char *path,
		       const struct edit *edit)
{
	for (size_t n = at + 1; n < h->count; n++) {
		const struct transaction_summary *later = &h->items[n];

		if (later->state != TRANSACTION_COMMITTED)
			continue;
		for (size_t i = 0; i < later->plan.nchanges; i++)
			if (is_about(later, &later->plan.changes[i], &h->items[at], path, edit))
				return true;
	}
	return false;
}

/* 1: the file at the path has that value for the edit's subject; 0: another, or it is not there. */
static int has_value(const struct root *root, const char *path, const struct edit *e,
		     const char *wanted)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image now = {0};
	CLEANUP(freep) char *value = NULL;
	int r = root_walk_nofollow(root, path, &walk, NULL);

	if (r >= 0)
		r = image_observe(&walk, true, &now, NULL);
	if (r >= 0)
		r = image_value(&now, e->subject, &value, NULL);
	return r < 0 ? r : image_value_same(e->subject, value, wanted);
}

/* Of one kind, for those who read all such files of a directory: "a.rules" and "b.rules". */
static bool same_ending(const char *a, const char *b)
{
	const char *x = strrchr(a, '.'), *y = strrchr(b, '.');

	return x && y && strcmp(x, y) == 0;
}

/* What was applied can stand in a copy beside the file, which is read as it was. */
static bool stands_beside(const struct root *root, const char *path, const struct edit *e)
{
	const char *name = strrchr(path, '/') + 1;
	CLEANUP(freep) char *folder = xstrndup(path, (size_t)(name - path));
	CLEANUP(strv_clear) struct strv names = {0};
	int r = observe_children(root, folder, &names, NULL);

	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *other = xasprintf("%s%s", folder, names.items[i]);

		if (strcmp(names.items[i], name) != 0 && same_ending(name, names.items[i]) &&
		    has_value(root, other, e, e->after) != 0)
			return true;
	}
	return r < 0 && r != -ENOENT;
}

/* Was not there before the apply, and is not there now: whoever took it away, nothing is left. */
static bool is_gone(const struct root *root, const struct change *change, const struct edit *edit)
{
	const struct edit *first = NULL;

	for (size_t i = 0; !first && i < change->edits.count; i++)
		if (subject_equal(change->edits.items[i].subject, edit->subject))
			first = &change->edits.items[i];
	return root && edit_is_content(edit) && first && !first->before &&
	       has_value(root, change->path, edit, NULL) == 1 &&
	       !stands_beside(root, change->path, edit);
}

static void add_left(const struct history *h, const struct root *root, size_t at, struct strv *ret)
{
	const struct transaction_summary *t = &h->items[at];

	for (size_t i = 0; i < t->plan.nchanges; i++) {
		const struct change *change = &t->plan.changes[i];

		for (size_t k = 0; k < change->edits.count; k++) {
			const struct edit *edit = &change->edits.items[k];
			CLEANUP(freep) char *subject = NULL, *text = NULL;

			if (history_stands(h, h->count, t, edit->control, NULL) ||
			    is_settled(h, at, change->path, edit) || is_gone(root, change, edit))
				continue;
			subject = subject_print(edit->subject);
			text = xasprintf("%s of %s", subject, change->path);
			strv_add_once(ret, text);
		}
	}
}

void history_left(const struct history *h, const struct root *root, struct strv *ret)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->items[i].state == TRANSACTION_COMMITTED && !h->items[i].of)
			add_left(h, root, i, ret);
}
