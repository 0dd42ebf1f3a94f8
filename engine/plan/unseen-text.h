#pragma once

#include "engine/model/facts.h"

/*
 * What is not known of the containers of a dockerd that runs, and would be restarted: all that a
 * restart brings beside what is planned is looked for in their list. NULL: all that matters is known,
 * or it is `mute`, which somebody else says. The caller frees it.
 */
char *unseen_text(const struct facts *facts, bool mute);
