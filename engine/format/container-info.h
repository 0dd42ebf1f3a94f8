#pragma once

/*
 * What the Engine API tells of a container (GET /containers/ID/json, GET /exec/ID/json) and of
 * volumes (GET /volumes), reduced to what the facts hold.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/map.h"
#include "engine/base/strv.h"
#include "engine/model/container.h"

/*
 * The ids of GET /containers/json; ret_names (may be NULL) gets their names as dockerd tells them:
 * "/web". One of which it tells no id makes the whole list one that is not understood.
 */
int container_info_read_list(const struct buf *body, struct strv *ret_ids, struct strv *ret_names,
			     struct error *err);

/*
 * -EINVAL for an answer that leaves out who it is about, or whether that runs: a container that dockerd
 * listed is not gone because an answer (of a proxy, of half a dockerd) does not tell of it.
 * ret_execs (may be NULL) gets the ids of its exec sessions, those that have ended included.
 */
int container_info_read(const struct buf *body, struct container *ret, struct strv *ret_execs,
			struct error *err);

/*
 * The same from what dockerd keeps of a container on the disk: config.v2.json and hostconfig.json.
 * Whether it runs is not said there.
 */
int container_info_read_disk(const struct buf *config, const struct buf *host_config,
			     struct container *ret, struct error *err);

/*
 * How it ended, by the bytes of config.v2.json of a dockerd that does not have it in its list: what ran
 * when it was last written counts as ended by that. One that never ran has no state.
 */
int container_info_read_disk_state(const struct buf *config, struct container *ret,
				   struct error *err);

/*
 * The storage driver that a container was made with, by the bytes of config.v2.json; the caller
 * frees it, NULL: it is not said there. A dockerd with another one leaves the container alone.
 */
char *container_info_driver(const struct buf *config);

/* Whether the bytes of config.v2.json say that somebody stopped it; false where they cannot be read. */
bool container_info_was_stopped_by_hand(const struct buf *config);

/* When it was made, by the bytes of config.v2.json: CLOCK_REALTIME in microseconds; 0: they do not say. */
uint64_t container_info_created(const struct buf *config);

/*
 * Whether dockerd's start would start one that does not run, as container_info_read_disk_state() or dockerd has it.
 * `by_hand`: somebody stopped it.
 */
bool container_info_comes_up(const struct container *c, bool by_hand);

/* Adds the session, unless it has ended. */
int container_info_read_exec(const struct buf *body, struct container *ret, struct error *err);

/*
 * The volumes that stand for another directory of the host (local driver, o=bind): its name by
 * theirs, allocated. ret_count gets the number of all volumes.
 */
int container_info_read_volumes(const struct buf *body, struct map *ret, size_t *ret_count,
				struct error *err);
