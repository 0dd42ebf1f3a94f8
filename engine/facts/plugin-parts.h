#pragma once

/* What the gatherers share of docker's plugins; it comes with parts.h. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"

struct gather;
struct networks;

/* A volume whose driver is none of dockerd's own. */
struct plugin_thing {
	char *driver, *name;
};

struct plugin_things {
	struct plugin_thing *items;
	size_t count;
};

/*
 * plugins.c: plugins that dockerd's start would ask, and that would not answer it. Volumes are taken
 * of the answer to GET /volumes, which lasts long beside such a one: it is asked once.
 */
void plugins_take_volumes(struct gather *g, const struct buf *body);
void plugin_things_clear(struct plugin_things *v);
void plugins_take_networks(struct gather *g, const struct networks *networks);
void gather_plugins(struct gather *g);

/*
 * plugins-kept.c: those that dockerd keeps itself (docker.plugins), whoever uses them: as it tells them,
 * or one by what a dockerd that does not answer has in a directory of that id.
 */
void plugins_count(struct gather *g);
void plugins_read_disk(struct gather *g, const char *directory, const char *id);

/* Beside the directories of plugins dockerd keeps a few things of its own. */
bool is_plugin(const char *name);
