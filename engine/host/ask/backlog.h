#pragma once

/*
 * Connections of TCP to a listener of this host that nobody has taken by accept(2): the kernel shakes hands for
 * it, and keeps them in its queue. One that the packet filter led into another network is not here. Host,
 * ask side.
 */

#include <stdbool.h>
#include <sys/socket.h>

#include "engine/base/buf.h"

/* The kernel's tables as they were when they were read. */
struct backlog {
	struct buf v4, v6;
};

/* Reads /proc/net/tcp and tcp6; what cannot be read has none. The caller clears it. */
void backlog_read(struct backlog *ret);

/* Whether the connection between these two addresses lies there, also where its maker has closed it since. */
bool backlog_has(const struct backlog *b, const struct sockaddr_storage *listener,
		 const struct sockaddr_storage *maker);
void backlog_clear(struct backlog *b);
