#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/secret.h"
#include "engine/host/read/handles.h"
#include "engine/plan/compose.h"
#include "engine/plan/image.h"

/* Also of a file that is to go: a rollback must be able to bring it back. */
static bool wants_content(const struct edits *edits, const char *path)
{
	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *e = &edits->items[i];

		if (strcmp(e->path, path) == 0 &&
		    (edit_is_content(e) || e->subject.scheme == SCHEME_EXISTS))
			return true;
	}
	return false;
}

/* Takes an edit into its change, with the value that the image has so far as its `before`. */
static int take_edit(struct change *change, const struct edit *edit, struct error *err)
{
	struct image *after = &change->images[1];
	CLEANUP(freep) char *value = NULL;
	struct edit *taken;
	int r;

	r = image_value(after, edit->subject, &value, err);
	if (r < 0)
		return error_about(err, error_wrap(err, r, "cannot read '%s'", change->path),
				   change->path);
	if (image_value_same(edit->subject, value, edit->after))
		return 0;
	r = image_apply_edit(after, edit, err);
	if (r < 0)
		return r;
	taken = edits_add(&change->edits, edit->control, change->path, edit->subject, value,
			  edit->after);
	taken->sensitive = edit->sensitive || secret_in(edit->subject, value) ||
			   secret_in(edit->subject, edit->after);
	if (taken->sensitive && change->images[0].node.kind == NODE_ABSENT)
		after->node.mode &= 0700; /* a file that we make is no way to read a secret */
	return 0;
}

static int fill_change(struct change *change, const struct walk *walk, const struct edits *edits,
		       struct error *err)
{
	int r;

	change->images = xcalloc(2, sizeof(*change->images));
	change->nimages = 2;
	r = image_observe(walk, wants_content(edits, change->path), &change->images[0], err);
	if (r < 0)
		return r;
	if (change->images[0].node.kind == NODE_UNKNOWN)
		return error_errno_at(err, change->images[0].node.error, change->path,
				      "cannot look at '%s'", change->path);
	image_copy(&change->images[1], &change->images[0]);
	for (size_t i = 0; i < edits->count; i++) {
		if (strcmp(edits->items[i].path, change->path) != 0)
			continue;
		r = take_edit(change, &edits->items[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * What is created in directories that are missing makes those directories too, as part of the same
 * control.
 */
static int add_parents(struct plan *plan, const struct root *root, const char *path,
		       const char *control, struct error *err)
{
	CLEANUP(freep) char *parent = path_parent(path);
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(edits_clear) struct edits edits = {0};
	struct change *change;
	int r;

	if (plan_find_change(plan, parent))
		return 0;
	r = root_walk(root, parent, &walk, err);
	if (r < 0 || walk.fd >= 0)
		return r;
	edits_add(&edits, control, parent, subject_path(SCHEME_EXISTS), NULL, "dir");
	change = plan_add_change(plan, parent);
	r = fill_change(change, &walk, &edits, err);
	if (r < 0)
		return r;
	return add_parents(plan, root, parent, control, err);
}

static int add_change(struct plan *plan, const struct root *root, struct handles *handles,
		      const struct edits *edits, const char *path, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	struct change change = {.path = xstrdup(path)};
	bool creates, changes;
	int r;

	r = handles_walk_nofollow(handles, path, &walk, err);
	if (r == 0)
		r = fill_change(&change, &walk, edits, err);
	changes = r == 0 && !image_equal(&change.images[0], &change.images[1]);
	creates = changes && change.images[0].node.kind == NODE_ABSENT;
	if (changes) {
		struct change *slot = plan_add_change(plan, path);

		free(slot->path);
		*slot = change;
	} else {
		change_clear(&change);
	}
	return creates ? add_parents(plan, root, path, edits->items[0].control, err) : r;
}

static int compare_by_path(const void *a, const void *b)
{
	const struct edit *const *x = a, *const *y = b;
	int r = strcmp((*x)->path, (*y)->path);

	return r ? r : (*x > *y) - (*x < *y); /* stable */
}

/* The edits in groups of one path each, each group in the order of the controls. */
static const struct edit **sort_edits(const struct edits *edits)
{
	const struct edit **sorted = xcalloc(edits->count, sizeof(*sorted));

	for (size_t i = 0; i < edits->count; i++)
		sorted[i] = &edits->items[i];
	qsort(sorted, edits->count, sizeof(*sorted), compare_by_path);
	return sorted;
}

int compose_changes(struct plan *plan, const struct root *root, const struct edits *edits,
		    struct error *err)
{
	CLEANUP(freep) const struct edit **sorted = sort_edits(edits);
	CLEANUP(handles_freep) struct handles *handles = handles_new(root);
	int r = 0;

	for (size_t i = 0, n; i < edits->count && r >= 0; i += n) {
		CLEANUP(freep) struct edit *group = NULL;
		size_t count = 0;

		for (n = 0;
		     i + n < edits->count && strcmp(sorted[i]->path, sorted[i + n]->path) == 0; n++)
			*(struct edit *)array_append(&group, &count, sizeof(*group)) =
				*sorted[i + n];
		r = add_change(plan, root, handles, &(struct edits){.items = group, .count = count},
			       sorted[i]->path, err);
	}
	return r;
}
