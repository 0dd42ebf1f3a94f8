#pragma once

/*
 * Whom a URL names, as Go's net/url reads it: a user and a password before the last "@" are no part
 * of the host, and neither is what stands behind a "/", "?" or "#".
 */

#include <stdbool.h>

#include "engine/base/strv.h"

struct url_host {
	char *scheme; /* in lower case; NULL: none is written */
	char *host; /* without brackets; empty: none */
	char *port; /* NULL: none */
};

void url_host_clear(struct url_host *u);

/* Of "SCHEME://USER:PASSWORD@HOST:PORT/PATH" or a part of that. */
void url_host_parse(const char *url, struct url_host *ret);

/*
 * "HOST:PORT" of an entry of dockerd's hosts: "tcp://HOST:PORT", or no scheme at all, with blanks
 * around it; where a half is not told, dockerd's own. NULL: it is not one of TCP. The caller frees it.
 */
char *url_host_of_api(const char *entry);

/* Whether such an entry is in the file system, or handed over: neither of TCP nor unknown. */
bool url_host_is_local(const char *entry);

/* The entries of a value of "hosts" (JSON text: a list, or one string; NULL: none), without blanks around them. */
void url_hosts_read(const char *json, struct strv *ret);
