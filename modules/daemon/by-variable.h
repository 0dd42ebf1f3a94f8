#pragma once

/* A key that a variable of dockerd's environment has a say in (docker_facts.by_variable). */

#include <stdbool.h>

#include "engine/model/delta.h"
#include "engine/model/view.h"
#include "modules/daemon/value.h"

/*
 * No file and no flag tells then what comes of it, and nothing is written that it may overrule. `wanted` in words.
 * True where there is nothing more to judge.
 */
bool daemon_decided_by_variable(const struct view *v, const struct daemon_want *want,
				const struct daemon_key *k, const char *wanted, struct delta *d);
