#pragma once

/*
 * Whether somebody takes a connection at an address of this host, of TCP or of a unix socket. It is made and closed again,
 * without a byte: who listens sees no more of it. Host, ask side.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"

struct knock {
	struct sockaddr_storage to;
	socklen_t length;
	unsigned service; /* the caller's number of what is behind it: knock_all() does not look */
	bool due; /* whether knock_all() asks this one; false behind it: it could not, for want of means */
	bool hold; /* who takes the connection and ends it at once does not answer: see knock_all() */
	bool answers; /* by the last time that it did */
	bool queued; /* by knock_all(): a connection from `from` lies in a queue, and nobody took it */
	struct sockaddr_storage from;
	double began, ended; /* of that, by clock_ms() */
};

/* From an address as it is written, "10.0.0.2" or "::1", and a port: whether it is one. */
bool knock_to(struct knock *ret, const char *address, unsigned port);

/*
 * A unix socket, by its path or as "@name"; false: it is too long for one. The kernel takes the connection for who
 * listens, so that it tells no more than that somebody does; it cannot be held.
 */
bool knock_at_file(struct knock *ret, const char *path);

/* Of TCP: "10.0.0.2:8080", "[::1]:8080": the caller frees it. */
char *knock_text(const struct knock *k);

/*
 * Asks all that are due side by side, and waits for at most so long; who has not taken the
 * connection by then does not answer. docker-proxy takes any, and ends those that it cannot pass on: where
 * that counts, connections are held for a moment. Who has not even taken it then does not answer either: without
 * its proxy dockerd (20.10, 26.1) listens itself at each port that it published, and takes nothing there, so that the
 * kernel alone shakes hands with whoever no rule leads on. As long as it lies there, no other is made.
 * Returns how many answer of those that were asked.
 */
size_t knock_all(struct knock *all, size_t count, int timeout_ms);

/*
 * The addresses by which others reach this host: of interfaces that are up, but for the loopback, for
 * bridges that dockerd made for containers, and for addresses that count on one link alone.
 */
int own_addresses(struct strv *ret, struct error *err);
