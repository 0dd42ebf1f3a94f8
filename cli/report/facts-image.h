#pragma once

/* Images and the swarm as JSON, for `harden facts`. */

#include <jansson.h>

#include "engine/model/docker-image.h"
#include "engine/model/swarm.h"

json_t *images_to_json(const struct docker_images *images);
json_t *swarm_to_json(const struct swarm *s);
