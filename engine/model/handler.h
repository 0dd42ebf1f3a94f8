#pragma once

/*
 * Handlers bring a change into force after the files are in place. The model only names them
 * and orders them (a stage runs those that were notified once each, in the order of the enum);
 * engine/effect holds what they do.
 */

#include "engine/base/enum-table.h"

enum handler {
	HANDLER_NONE, /* in force as soon as it is written */
	HANDLER_SYSTEMD_RELOAD, /* systemd reads its unit files again */
	HANDLER_UNIT_STATE, /* units are started and stopped */
	HANDLER_SYSCTL, /* kernel settings are written */
	HANDLER_AUDIT_RULES, /* rules go into the kernel's list, or out of it */
	HANDLER_FIREWALL, /* rules go into the kernel's packet filter, or out of it */
	HANDLER_DOCKER_RELOAD, /* dockerd reads daemon.json again (SIGHUP by systemd) */
	HANDLER_DOCKER_SOCKET, /* docker.socket and docker.service are started anew */
	HANDLER_DOCKER_RESTART, /* docker.service is restarted */
	HANDLER_COUNT,
};

ENUM_TABLE_DECLARE(handler, enum handler);

#define HANDLER_BIT(h) (1U << (h))

/* In each of them dockerd reads its files again; in a restart another process does. */
#define HANDLERS_RESTART (HANDLER_BIT(HANDLER_DOCKER_SOCKET) | HANDLER_BIT(HANDLER_DOCKER_RESTART))
#define HANDLERS_DOCKERD (HANDLER_BIT(HANDLER_DOCKER_RELOAD) | HANDLERS_RESTART)

/* What a person reads about it: "reload of dockerd". */
const char *handler_phrase(enum handler handler);
