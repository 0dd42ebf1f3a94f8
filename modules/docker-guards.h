#pragma once

/*
 * What a daemon setting would break on this host: containers that would lose each other,
 * images that would vanish from view, a dockerd that would not start. Lines for the delta's
 * holds, or its refusal.
 */

#include "engine/model/delta.h"
#include "engine/model/view.h"

/* `value` is the JSON text that `key` is going to have; NULL: taken away. */
void docker_guards(const struct view *v, const char *key, const char *value, struct delta *delta);

/* docker-guards-start.c: what dockerd would not start with. docker_guards() asks it too. */
void docker_guards_start(const struct view *v, const char *key, const char *value,
			 struct delta *delta);
