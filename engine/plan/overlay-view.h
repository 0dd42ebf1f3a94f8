#pragma once

/*
 * The view of modules: the host as it is, with planned edits and effects laid over it. What was
 * asked of the host once is remembered where it is small (contents of configuration files).
 */

#include "engine/host/read/root.h"
#include "engine/model/change.h"
#include "engine/model/delta.h"
#include "engine/model/view.h"

struct overlay_view;

/* What was seen of the host, for all views of one plan: nothing is looked at once more. */
struct overlay_looks;
struct overlay_looks *overlay_looks_new(void);
void overlay_looks_free(struct overlay_looks *l);

/* All are borrowed. `looks` may be NULL: then the view remembers for itself. */
struct overlay_view *overlay_view_new(const struct root *root, const struct facts *facts,
				      struct overlay_looks *looks);
void overlay_view_free(struct overlay_view *v);
const struct view *overlay_view_base(const struct overlay_view *v);

/* The host alone, whatever is laid over it. */
const struct view *overlay_view_host(const struct overlay_view *v);

/*
 * Lays an edit over the host. Its path becomes the canonical one. 1 when it changed something,
 * 0 when the view had that value already.
 */
int overlay_view_edit(struct overlay_view *v, struct edit *edit, struct error *err);
void overlay_view_effect(struct overlay_view *v, const struct effect *effect);

/* The control that last edited this subject of this path, or had this effect; NULL: none. */
const char *overlay_view_owner(const struct overlay_view *v, const char *path,
			       struct subject subject);
