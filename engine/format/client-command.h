#pragma once

/*
 * What a process that is one of Docker's clients has asked dockerd for, by its command line: what
 * whoever restarts dockerd cuts off, which is anything but a look that is over at once.
 */

#include <stdbool.h>

#include "engine/base/strv.h"

struct client_command {
	char *verb; /* "docker compose up": program and verbs alone, arguments may be secret */
	bool builds; /* an image: what was done of it is lost */
	bool reads; /* it makes, ends and starts nothing, and passes nothing on */
	size_t behind; /* where the words behind the verb begin */
	char *project; /* of compose, where the command line names it; NULL: it does not */
	struct strv places; /* files and directories of compose, as they are written there */
	char *host; /* which dockerd (--host); NULL: it does not say */
	char *context,
		*config; /* what else may say it (--context), and where its files are (--config) */
	bool unclear; /* an option is not known, which may say it or be what the verb is taken for */
};

void client_command_clear(struct client_command *c);

/* Whether the name of a process is that of a client. */
bool is_client_program(const char *name);

/* The place behind the verb, whatever is asked for; 0: it is not a client, or asks for nothing. */
size_t client_command_read(const struct strv *args, struct client_command *ret);

/* False where it is not a client, or asks for what is known to lose nothing. */
bool client_command_parse(const struct strv *args, struct client_command *ret);

/* Whether an address (of --host, DOCKER_HOST) cannot be the dockerd of this host's docker.service. */
bool client_host_is_elsewhere(const char *host);
