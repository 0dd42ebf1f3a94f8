#pragma once

/*
 * What a process that is one of Docker's clients has asked dockerd for, by its command line: only
 * requests that stay open while it runs, for whoever restarts dockerd cuts them off.
 */

#include <stdbool.h>

#include "engine/base/strv.h"

struct client_command {
	char *verb; /* "docker compose up": program and verbs alone, arguments may be secret */
	bool builds; /* an image: what was done of it is lost */
	char *project; /* of compose, where the command line names it; NULL: it does not */
	char *host; /* which dockerd (--host); NULL: it does not say */
};

void client_command_clear(struct client_command *c);

/* Whether the name of a process is that of a client. */
bool is_client_program(const char *name);

/* False where it is no client, or asks for nothing that stays open. */
bool client_command_parse(const struct strv *args, struct client_command *ret);

/* Whether an address (of --host, DOCKER_HOST) cannot be the dockerd of this host's docker.service. */
bool client_host_is_elsewhere(const char *host);
