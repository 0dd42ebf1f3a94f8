#pragma once

/*
 * Kernel settings that dockerd itself switches on, and on which what its containers say to the world
 * rests: switched off beneath them, nobody is stopped, and nobody is reached.
 */

#include "engine/model/facts.h"

/* Whether a value of such a setting is one that switches it off. The key has dots or slashes. */
bool docker_kernel_is_off(const char *key, const char *value);

/*
 * Why the setting should not get that value now, for people: dockerd or its containers need it, or
 * whether they do is not known. NULL: they do not. The caller frees it.
 */
char *docker_kernel_need(const struct facts *facts, const char *key, const char *value);
