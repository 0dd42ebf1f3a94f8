#pragma once

/*
 * Owners and modes that outlive an upgrade: dpkg gives a file of a package that package's own ones
 * again each time, unless its list of overrides says otherwise (dpkg-statoverride(1)).
 */

#include "engine/model/delta.h"
#include "engine/model/node.h"
#include "engine/model/view.h"

/*
 * Where an engine's package of dpkg's brings the file, asks for the override that goes with the
 * edits of its owner, group and mode from `first` on in the delta; `node` is what it is now. Files
 * below /etc are kept by dpkg as they are.
 */
void dpkg_override(const struct view *v, const char *path, const struct node *node, size_t first,
		   struct delta *delta);
