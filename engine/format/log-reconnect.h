#pragma once

/*
 * What dockerd has to reach for a container's log when it takes the container over at its own start.
 * Where it cannot, it gives the container up though its process runs on: the network is taken away,
 * and it can be neither entered nor stopped. Measured with 20.10.24, 26.1.5 and 28.5.2.
 */

#include <stdbool.h>

#include "engine/format/log-endpoint.h"

/*
 * Of a container's log driver and its options, as JSON (may be NULL): whether there is anything to
 * reach. `ret` says where; with neither a host nor a socket only the driver knows, and a host without
 * a port is but looked up.
 */
bool log_reconnect_find(const char *driver, const char *options, struct log_endpoint *ret);
