#pragma once

/*
 * What the Engine API says about a running dockerd, as daemon.json settings: which key each
 * field of GET /info and GET /networks/bridge stands for. Text in, facts out; nothing is asked
 * here. Settings get SOURCE_API; a setting that the API shows not to be set has the value NULL.
 *
 * Known so (moby, daemon/info.go, 20.10 to 28): "no-new-privileges" is reported from 24.0 on,
 * and of userns-remap only that it is on, not for whom: then no setting is put here, and the
 * caller takes the value from where it was set.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/facts.h"

/*
 * Fills version, driver, swarm, data_root, security_options, log_drivers, insecure_registries (beyond
 * loopback), images, and `now`. -EINVAL when the reply is no such thing.
 */
int daemon_info_read(const struct buf *body, struct docker_facts *ret, struct error *err);

/* GET /networks/bridge: bridge_icc, and icc, ip-masq and ipv6 in `now`. */
int daemon_info_read_bridge(const struct buf *body, struct docker_facts *ret, struct error *err);

/* GET /version: the components. */
int daemon_info_read_version(const struct buf *body, struct docker_facts *ret, struct error *err);

/* With user namespaces dockerd keeps its things in a directory UID.GID of the data root: whether it is such a name. */
bool is_remapped_root(const char *name);

/* The data root without that directory; the caller frees it. */
char *plain_data_root(const char *directory);

/* Whether a security option ("userns", "rootless", "no-new-privileges") is among the daemon's. */
bool daemon_info_has_option(const struct docker_facts *d, const char *name);
