#pragma once

/* What a container was asked for: the two halves of its configuration. For container-info.c. */

#include <jansson.h>

#include "engine/model/container.h"

/* Config: what is in the image as much as in the command line. */
void container_take_config(const json_t *config, struct container *c);

/* HostConfig: what it may have of the host. */
void container_take_host_config(const json_t *host, struct container *c);
