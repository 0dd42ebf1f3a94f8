#pragma once

/*
 * Connections to dockerd's API over TCP, each as "10.0.0.9 at 10.0.0.2 2375": from where, and to which address
 * and port of this host. Whether a dockerd with other settings would take them. Text in, text out.
 */

#include <stdbool.h>

#include "engine/base/strv.h"

/* What a change does to the API's listeners of TCP. */
struct api_move {
	bool moves; /* it sets "hosts" anew: */
	const char *hosts; /* JSON text, as the next start has it; NULL: none are set */
	const char *hosts_now; /* likewise of the dockerd that runs */
	bool verifies; /* clients have to show a certificate, who had not to */
	/* listeners whose clients are asked about elsewhere; NULL: none. Borrowed */
	const struct strv *asked;
};

/* Whether entries of "hosts" have dockerd listen at that address and port, "10.0.0.2 2375". */
bool api_hosts_cover(const struct strv *entries, const char *end);

/*
 * What is said of those whom a change shuts out; NULL: nobody. The caller frees it. Consent is to these words, and they
 * are the same for as long as the same hosts are connected: no number is in them.
 */
char *api_clients_objection(const struct strv *clients, const struct api_move *move);

/*
 * Those whom dockerd would not take again, appended; of a host by its name nobody looks up whether it is the one, and
 * it counts as another. What docker.socket and its like listen on stays for as long as "fd://" does.
 */
void api_clients_shut_out(const struct strv *clients, const struct api_move *move,
			  struct strv *ret);

/* "10.0.0.7, 10.0.0.9 (3)" of a sorted list: from where they come. The caller frees it. */
char *api_clients_text(const struct strv *clients);

/* That of those who come in at one end, "10.0.0.2 2375"; NULL: nobody does. The caller frees it. */
char *api_clients_at(const struct strv *clients, const char *end);
