#pragma once

/* The ports that a container publishes, as dockerd tells them: "8080/tcp on 0.0.0.0". */

#include <jansson.h>

#include "engine/model/container.h"

/*
 * Of a container with a process what dockerd has made of its request; of any other (waiting for its
 * next restart included, when dockerd tells of no port) the request itself, which each has beside. Appended.
 */
void container_take_ports(const json_t *inspect, struct container *c);

/* The request as it lies on the disk: Config of config.v2.json, and hostconfig.json. Appended. */
void container_take_asked_ports(const json_t *config, const json_t *host, struct strv *ret);
