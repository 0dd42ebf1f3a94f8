#pragma once

/*
 * Handlers bring a change into force after the files are in place. The model only names them
 * and orders them (a stage runs those that were notified once each, in the order of the enum);
 * engine/effect holds what they do.
 */

#include "engine/base/enum-table.h"

/* Each with its name in plans, what a person reads about it, and where what it changes lives. */
#define HANDLERS(_)                                                                                \
	/* in force as soon as it is written */                                                    \
	_(NONE, "none", "nothing to activate", "running dockerd")                                  \
	/* systemd reads its unit files again */                                                   \
	_(SYSTEMD_RELOAD, "systemd-reload", "reload of systemd's units",                           \
	  "units as systemd has them")                                                             \
	/* units are started and stopped */                                                        \
	_(UNIT_STATE, "unit-state", "units started and stopped", "running units")                  \
	_(SYSCTL, "sysctl", "kernel settings", "kernel settings")                                  \
	/* rules go into the kernel's list, or out of it */                                        \
	_(AUDIT_RULES, "audit-rules", "kernel audit rules", "audit rules in the kernel")           \
	_(FIREWALL, "firewall", "packet filter", "packet filter in the kernel")                    \
	/* dockerd reads daemon.json again (SIGHUP by systemd) */                                  \
	_(DOCKER_RELOAD, "docker-reload", "reload of dockerd", "running dockerd")                  \
	/* docker.socket and docker.service are started anew */                                    \
	_(DOCKER_SOCKET, "docker-socket", "restart of docker.socket and dockerd",                  \
	  "running dockerd")                                                                       \
	_(DOCKER_RESTART, "docker-restart", "restart of dockerd", "running dockerd")

#define HANDLER_IN_ENUM(name, text, phrase, place) HANDLER_##name,

enum handler { HANDLERS(HANDLER_IN_ENUM) HANDLER_COUNT };

ENUM_TABLE_DECLARE(handler, enum handler);

#define HANDLER_BIT(h) (1U << (h))

/* In each of them dockerd reads its files again; in a restart another process does. */
#define HANDLERS_RESTART (HANDLER_BIT(HANDLER_DOCKER_SOCKET) | HANDLER_BIT(HANDLER_DOCKER_RESTART))
#define HANDLERS_DOCKERD (HANDLER_BIT(HANDLER_DOCKER_RELOAD) | HANDLERS_RESTART)

/* What a person reads about it: "reload of dockerd". */
const char *handler_phrase(enum handler handler);

/* Where the effects live that no file of a plan stands for: "running dockerd". */
const char *handler_place(enum handler handler);
