#pragma once

/*
 * What a log driver connects to when a container starts: where nobody answers, none starts. Measured
 * with 20.10.24, 26.1.5 and 28.5.2.
 */

#include <stdbool.h>

struct log_endpoint {
	char *host, *port; /* of TCP; NULL: none */
	char *socket; /* path; NULL: none */
	bool at_start; /* dockerd itself does not start without that socket */
};

void log_endpoint_clear(struct log_endpoint *e);

/* Of a driver and its log-opts, as JSON (may be NULL); empty where a container starts all the same. */
void log_endpoint_find(const char *driver, const char *options, struct log_endpoint *ret);

bool log_endpoint_same(const struct log_endpoint *a, const struct log_endpoint *b);
