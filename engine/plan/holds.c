#include "engine/plan/holds.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/path-guard.h"
#include "engine/plan/place-check.h"
#include "engine/plan/socket-access.h"

/* A file with several names, or one that is protected, is never replaced without being asked. */
static int hold_special_files(const struct view *v, struct delta *d, struct error *err)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(node_clear) struct node node = {0};
		int r = edit_is_content(e) ? view_node(v, e->path, &node, err) : 0;

		if (r < 0)
			return r;
		if (node.kind == NODE_FILE && node.nlink > 1)
			delta_omit(d, e->path, false,
				   "'%s' has %lu names: replacing it would part them", e->path,
				   (unsigned long)node.nlink);
		else if (node.flags)
			delta_omit(d, e->path, false, "'%s' is %s (chattr)", e->path,
				   node.flags & NODE_IMMUTABLE ? "immutable" : "append-only");
	}
	return 0;
}

/*
 * Nothing is written into a place that is somebody else's: what is put there today they replace
 * tomorrow. One that is root's, and that others can write besides, is another control's to close.
 */
static void hold_foreign_places(const struct view *v, struct delta *d)
{
	const struct facts *f = v->facts;

	for (size_t i = 0; i < d->edits.count && (!f->offline || f->root); i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(path_gap_clear) struct path_gap gap = {0};

		if (!edit_is_content(e) || path_guard(v, e->path, NULL, &gap, NULL) <= 0 ||
		    !gap.owned)
			continue;
		delta_omit(d, e->path, false, "%s, who can put something else at '%s'", gap.text,
			   e->path);
	}
}

int plan_holds(const struct view *v, const struct mount_table *mounts, struct delta *d,
	       struct error *err)
{
	hold_foreign_places(v, d);
	warn_lost_access(v, d);
	refuse_closed_places(v, mounts, d);
	refuse_odd_files(v, d);
	return hold_special_files(v, d, err);
}
