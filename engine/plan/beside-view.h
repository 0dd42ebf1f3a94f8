#pragma once

/*
 * A view as one resource of a control needs it: what its other resources would write lies over the
 * files. Of nodes, links and what is in force it tells what the view below tells.
 */

#include "engine/base/map.h"
#include "engine/model/edit.h"
#include "engine/model/view.h"

struct beside_view {
	struct view base; /* what modules are given */
	const struct view *below;
	struct map texts; /* path, as the edits name it -> struct buf */
};

void beside_view_init(struct beside_view *b, const struct view *below);
void beside_view_clear(struct beside_view *b);

/* Lays an edit over; one that is not of a file's content changes nothing here. */
int beside_view_edit(struct beside_view *b, const struct edit *edit, struct error *err);
