#pragma once

/* What the kernel does for the containers' network, and who would be without it. */

#include "engine/model/delta.h"
#include "engine/model/facts.h"

/* Holds the change of the unit back whose commands, by this program, may take dockerd's rules away. */
void hold_filter_rules(const struct facts *f, const char *what, const char *program,
		       struct delta *d);

/* Holds a kernel setting back that would cut containers off; `key` with dots. */
void hold_forwarding(const struct facts *f, const char *key, const char *value, struct delta *d);
