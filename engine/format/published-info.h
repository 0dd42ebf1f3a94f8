#pragma once

/*
 * How containers are reached from other hosts beside the ports that they publish themselves, in
 * the Engine API's words: text in, facts out.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"

/* GET /networks: the names of those that are this host's alone; appended. */
int published_info_read_local(const struct buf *body, struct strv *ret, struct error *err);

/* GET /networks/NAME: the ids of the containers that are attached to it; appended. */
int published_info_read_attached(const struct buf *body, struct strv *ret, struct error *err);

/* Whether dockerd makes a network of that name by itself. */
bool network_is_dockerds(const char *name);

/*
 * Whether it makes that one again whenever it starts. docker_gwbridge it does as a node of a swarm only: on a host
 * that has left one it stays as a network like others, which anybody may remove.
 */
bool network_is_made_at_start(const char *name, bool swarm);

/*
 * GET /networks: each bridge with each network behind it, "docker0 172.17.0.0/16". One that is
 * meant to be routed to is left out.
 */
int published_info_read_bridges(const struct buf *body, struct strv *ret, struct error *err);

/*
 * GET /networks: where each publishes ports that name no address, "front 127.0.0.1"; appended. The
 * daemon's own "ip" is for the default bridge alone. One whose driver is not dockerd's has no row.
 */
int published_info_read_addresses(const struct buf *body, struct strv *ret, struct error *err);

/* GET /services: the ports that every node of the swarm opens, "8080/tcp". */
int published_info_read_ingress(const struct buf *body, struct strv *ret, struct error *err);
