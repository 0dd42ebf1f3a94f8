#pragma once

/*
 * A directory and all that is below it, looked at from descriptors of the directories on the way: no
 * path is walked but the first, no file is opened. Links are not followed. The working
 * directory is another one meanwhile, since an access list can be asked for by a path only. Host,
 * read side.
 */

#include "engine/host/read/root.h"
#include "engine/model/tree.h"

#define TREE_MAX_OPEN 64 /* directories; those farther up are opened again on the way back */

/* As view_tree(): `more` is not called. False: something could not be looked into, which was told. */
bool observe_tree(const struct root *r, const char *path, const struct tree_visitor *visitor);
