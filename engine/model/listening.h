#pragma once

/* Who listens on TCP ports of this host: what dockerd could not listen on, or reach. */

#include <stdbool.h>

#include "engine/base/strv.h"

struct listening {
	struct strv ports; /* "ADDRESS PORT" of each listener that is not dockerd itself */
	struct strv addresses; /* of this host's interfaces; "*": any may be listened on */
	struct strv proxies; /* ports that dockerd's proxies hold: "8080/tcp on 10.0.0.9" */
	bool proxies_known;
	char *unknown; /* why ports and addresses are not known; NULL: they are */
};

void listening_clear(struct listening *l);

/* The two parts of "HOST:PORT" ("[::1]:80" without brackets); false: it has no such shape. */
bool listening_split(const char *text, char **ret_host, char **ret_port);

/* Whether only this host itself reaches that: one of its loopback addresses, or their name. */
bool listening_is_loopback(const char *host);

/* Whether that is every address of this host, in whatever way it is written; none at all is, too. */
bool listening_is_any(const char *host);

/* Whether the name or address is this host's own. */
bool listening_is_here(const struct listening *l, const char *host);

/* Whether that is an address, in whatever way it is written, and one on which this host may listen. */
bool listening_has(const struct listening *l, const char *host);

/* Whether somebody listens there whom one that connects to this host at that address would reach. */
bool listening_answers(const struct listening *l, const char *host, const char *port);

enum may_listen {
	LISTEN_FREE,
	LISTEN_TAKEN, /* the start fails */
	LISTEN_UNSURE, /* it may */
};

/* Whether dockerd could listen at "HOST:PORT"; where not surely, *ret_why says why: the caller frees it. */
enum may_listen listening_may(const struct listening *l, const char *address, char **ret_why);
