#pragma once

/*
 * What tells of a swarm, reduced to what the facts hold: docker-state.json of the data directory
 * (this node's own addresses; dockerd writes it when the node joins), and the Engine API of a
 * manager (GET /info, /swarm, /nodes, /networks).
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/swarm.h"

int swarm_info_read_state(const struct buf *file, struct swarm *ret, struct error *err);

/* GET /info: whether this node is a manager. */
int swarm_info_read_role(const struct buf *body, struct swarm *ret, struct error *err);
int swarm_info_read(const struct buf *body, struct swarm *ret, struct error *err);
int swarm_info_read_nodes(const struct buf *body, struct swarm *ret, struct error *err);
int swarm_info_read_networks(const struct buf *body, struct swarm *ret, struct error *err);
