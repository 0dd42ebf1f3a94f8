#pragma once

/*
 * How long published ports of TCP took no connection while something was brought into force, those that
 * took one before; and how long the Engine API answered nobody. Plain data.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/strv.h"

struct port_gap {
	char *container, *at; /* its name, and "10.0.0.2:8080" */
	uint64_t ms; /* at most: the longest between two connections that it took; 0: not known */
	uint64_t least_ms; /* at least; 0: it took a connection each time that it was tried */
	bool away; /* it took none yet when it was asked last */
};

struct gaps {
	struct port_gap *items;
	size_t count; /* 0: nothing was measured */
	uint64_t
		api_ms; /* how long the Engine API was away, at most; 0: it was not, or not measured */
	struct strv unmeasured; /* "53/udp on 0.0.0.0 of dns" */
};

/* The one that was away longest, of those that were if any was; NULL: nothing was measured. */
const struct port_gap *gaps_longest(const struct gaps *g);

/* How many were seen away at all. */
size_t gaps_away(const struct gaps *g);

/* An item for the caller to fill. */
struct port_gap *gaps_add(struct gaps *g, const char *container, const char *at);
void gaps_copy(struct gaps *to, const struct gaps *from);
void gaps_clear(struct gaps *g);
