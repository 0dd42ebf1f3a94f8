#pragma once

/*
 * Whether what an effect is about is in force, by who keeps it: dockerd's own answer, the kernel's
 * settings and audit rules. What a handler has run for is not an answer.
 */

#include "engine/model/effect.h"
#include "engine/model/facts.h"

enum in_force { IN_FORCE_UNKNOWN, IN_FORCE_NO, IN_FORCE_YES };

/* The facts are of now. What nobody tells (a reload leaves our own note of a daemon behind) is unknown. */
enum in_force effect_in_force(const struct facts *facts, const struct effect *e);

/* Whether what was before the effect is known to be in force. */
bool effect_is_as_before(const struct facts *facts, const struct effect *e);

/*
 * What is so now of what the effect is about, in its own terms: NULL where it is not there, is the default, or nobody
 * tells. The caller frees it.
 */
char *effect_now(const struct facts *facts, const struct effect *e);

/*
 * Why all of that kind is unknown, where that is so; NULL where it can be told, where nothing has it in force (no
 * dockerd runs), or where it is this one thing that nobody ever tells. The caller frees it.
 */
char *effect_not_told(const struct facts *facts, const struct effect *e);

/* The daemon's value of a key: false when nobody tells. NULL: its default. */
bool daemon_value_in_force(const struct docker_facts *d, const char *key, const char **ret);
