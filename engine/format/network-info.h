#pragma once

/* What dockerd makes its networks of, in the Engine API's words: text in, facts out. */

#include <jansson.h>
#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

struct network {
	char *id, *name;
	char *driver; /* "bridge", "macvlan" */
	char *bridge; /* the interface that dockerd makes or takes; NULL: its driver has none */
	bool wide; /* a port that is published there without an address is at all of the host's */
	char *parent; /* the host's interface that it stands on; NULL: none is named */
};

struct networks {
	struct network *items;
	size_t count;
};

void networks_info_clear(struct networks *n);

/* GET /networks: those of this host alone; appended. */
int network_info_read(const struct buf *body, struct networks *ret, struct error *err);

/* The interface of one that the driver bridge has; the caller frees it. */
char *network_bridge(const json_t *network);
