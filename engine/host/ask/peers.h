#pragma once

/*
 * Who has a connection open to this host, from /proc: TCP sockets, and what the kernel's
 * connection tracking knows of connections into containers, which no socket of the host ends.
 * Host, read side.
 */

#include <stdbool.h>

#include "engine/base/strv.h"

/* Appends of each once port, who, and to which address: "2376 192.0.2.7 on 10.0.0.9". What cannot be read gives nothing. */
void peers_read(struct strv *ret);

/* The same of the text of /proc/net/tcp or tcp6: connections to ports that somebody listens on. */
void peers_of_sockets(const char *text, struct strv *ret);

/* ... and of /proc/net/nf_conntrack: those to one of the addresses. */
void peers_of_tracking(const char *text, const struct strv *own_addresses, struct strv *ret);

/* A connection that the kernel tracks, as it was opened: from whom, to whom and to which port. */
struct tracked {
	char protocol[8]; /* "tcp" */
	char from[64], to[64], port[8];
	bool open, unanswered; /* it is established; nothing came back yet */
};

/* Of a line of /proc/net/nf_conntrack; false: it tells of no such thing. */
bool tracked_parse(const char *line, struct tracked *ret);

/*
 * This host's addresses of IPv4, and the ranges that a route makes local ("10.9.0.0/24"), from the
 * text of /proc/net/fib_trie.
 */
void addresses_of_routes(const char *text, struct strv *ret);

/* How many connections this very process has to unix sockets at one of these paths. */
size_t own_connections_to(const struct strv *paths);
