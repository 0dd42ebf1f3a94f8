#pragma once

/* What controls may be called. */

#include <stdbool.h>

/* Two or more parts of [a-z0-9-] with dots between them. */
bool control_id_is_valid(const char *id);

/* NUMBER@MAP: "2.1@dosec", "A-L1@article". */
bool control_alias_is_valid(const char *alias);
