#include "engine/plan/place-check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/format.h"
#include "engine/format/mount-table.h"
#include "engine/host/read/sysctl.h"

static char *read_only(const struct mount_table *mounts, const char *path)
{
	const struct mount_entry *e = mount_of(mounts, path);

	if (!e || !mount_is_read_only(e))
		return NULL;
	return xasprintf("'%s' cannot be changed: '%s' is mounted read-only", path, e->point);
}

/* In what is there already of the directories above it nothing can be renamed, be it by root. */
static char *locked_directory(const struct view *v, const char *path)
{
	CLEANUP(freep) char *directory = xstrdup(path);
	CLEANUP(node_clear) struct node node = {0};

	do {
		path_up(directory);
		node_clear(&node);
	} while (view_node(v, directory, &node, NULL) >= 0 && node.kind == NODE_ABSENT &&
		 directory[1]);
	if (node.kind != NODE_DIR || !(node.flags & (NODE_IMMUTABLE | NODE_APPEND_ONLY)))
		return NULL;
	return xasprintf("'%s' cannot be changed: the directory '%s' is %s (chattr %s)", path,
			 directory, node.flags & NODE_IMMUTABLE ? "immutable" : "append-only",
			 node.flags & NODE_IMMUTABLE ? "+i" : "+a");
}

static char *place_of_edit(const struct view *v, const struct mount_table *mounts,
			   const struct edit *edit)
{
	bool replaces = edit_is_content(edit) || subject_is_link(edit->subject);
	bool makes = edit->subject.scheme == SCHEME_EXISTS;
	char *locked = replaces || makes ? locked_directory(v, edit->path) : NULL;

	if (locked)
		return locked;

	if (replaces && mounts && mount_at(mounts, edit->path))
		return xasprintf("'%s' is a mount point: it cannot be replaced by the changed file",
				 edit->path);
	return mounts ? read_only(mounts, edit->path) : NULL;
}

static char *place_of_change(const struct mount_table *mounts, const struct change *change)
{
	if (change_replaces(change) && mount_at(mounts, change->path))
		return xasprintf("'%s' has become a mount point, and cannot be replaced by the "
				 "file as it was: unmount it, and roll back again",
				 change->path);
	return read_only(mounts, change->path);
}

int plan_check_places(struct plan *plan, const struct facts *facts, struct error *err)
{
	CLEANUP(mount_table_clear) struct mount_table mounts = {0};
	int r = 0;

	if (!facts->mounts)
		return 0;
	mount_table_parse(&mounts, facts->mounts);
	for (size_t i = 0; i < plan->nchanges; i++) {
		CLEANUP(freep) char *why = place_of_change(&mounts, &plan->changes[i]);

		if (!why)
			continue;
		checks_add(&plan->checks, CHECK_NO, change_only_control(&plan->changes[i]), "%s",
			   why);
		if (r < 0)
			continue;
		r = error_set_at(err, -EPERM, plan->changes[i].path, "%s", why);
		error_blame(err, r, change_only_control(&plan->changes[i]));
	}
	return r;
}

static char *place_of_effect(const struct mount_table *mounts, const struct effect *effect)
{
	CLEANUP(freep) char *path = NULL;

	if (effect->handler != HANDLER_SYSCTL || sysctl_path(effect->subject.key, &path, NULL) < 0)
		return NULL;
	return read_only(mounts, path);
}

static void rename_path(struct delta *d, struct edit *e, const char *canonical)
{
	for (size_t i = 0; i < d->nomissions; i++)
		if (strcmp(d->omissions[i].path, e->path) == 0)
			str_replace(&d->omissions[i].path, canonical);
	str_replace(&e->path, canonical);
}

void refuse_closed_places(const struct view *v, const struct mount_table *mounts, struct delta *d)
{
	const struct mount_table *known = v->facts->mounts ? mounts : NULL; /* of a live host */
	CLEANUP(freep) char *why = NULL;

	for (size_t i = 0; i < d->edits.count; i++) {
		struct edit *e = &d->edits.items[i];
		CLEANUP(freep) char *canonical = NULL, *closed = NULL;

		if (known && !subject_is_link(e->subject) &&
		    view_resolve(v, e->path, &canonical, NULL) >= 0)
			rename_path(d, e, canonical);
		closed = place_of_edit(v, known, e);
		if (closed)
			delta_omit(d, e->item ? e->item : e->path, true, "%s", closed);
	}
	for (size_t i = 0; known && i < d->effects.count && !why; i++)
		why = place_of_effect(mounts, &d->effects.items[i]);
	if (why && !d->refusal)
		d->refusal = TAKE_PTR(why);
}

void refuse_odd_files(const struct view *v, struct delta *d)
{
	CLEANUP(buf_clear) struct buf text = {0};
	const char *path = NULL;

	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(error_clear) struct error why = {0};
		int r = 0;

		if (!edit_is_content(e))
			continue;
		if (!path || strcmp(path, e->path) != 0) {
			buf_clear(&text);
			r = view_content_if_any(v, e->path, &text, NULL);
		}
		path = e->path;
		if (r >= 0 && format_set(&text, e->subject, e->after, &why) < 0)
			delta_omit(d, e->item ? e->item : e->path, true, "'%s': %s", e->path,
				   error_text(&why));
	}
}
