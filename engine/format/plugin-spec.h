#pragma once

/* Where dockerd finds a plugin that is no managed one (Docker's documents: "Plugin discovery"). */

#include "engine/base/buf.h"
#include "engine/base/strv.h"

#define PLUGIN_UNIX "unix://"

/* Its sockets, and the files that say where it is, each in dockerd's order; appended. */
void plugin_sockets(const char *name, struct strv *ret);
void plugin_specs(const char *name, struct strv *ret);

/* What such a file says: a .spec bare, a .json as its Addr. NULL: nothing. The caller frees it. */
char *plugin_spec_address(const char *path, const struct buf *text);
