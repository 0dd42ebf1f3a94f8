#pragma once

/*
 * The host's own addresses, as places at which who listens at all of them is tried. They come and go without dockerd: a
 * temporary one of IPv6 ends, a tunnel goes down, another host takes one over. Who does not answer there any more has
 * lost nothing. Plain data, but for the one question to the kernel.
 */

#include "engine/effect/live.h"

struct own_now {
	struct strv addresses;
	struct error unknown; /* set: they could not be asked for */
};

/* To be cleared. */
void own_now_ask(struct own_now *ret);
void own_now_clear(struct own_now *n);

/* Whether what listens so ("8080/tcp on 0.0.0.0") does at the host's own addresses, which are not known. */
bool own_is_missing(const struct own_now *n, const char *port);

/*
 * Whether this address, one of the host's own before, is none any more, which is noted once; false where that is not
 * known. NULL: it was no such place.
 */
bool own_went(struct live *l, const struct own_now *now, const char *address);
