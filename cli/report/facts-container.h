#pragma once

/* Containers, for `harden facts --json`. */

#include <jansson.h>

#include "engine/model/facts.h"

json_t *json_containers(const struct docker_facts *d);
