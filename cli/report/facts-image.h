#pragma once

/* Images and the swarm, for `harden facts --json`. */

#include <jansson.h>

#include "engine/model/docker-image.h"
#include "engine/model/swarm.h"

json_t *json_images(const struct docker_images *images);
json_t *json_swarm(const struct swarm *s);
