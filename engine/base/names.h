#pragma once

/* Names in a sentence. */

#include "engine/base/strv.h"

/* "a", "a and b", "a, b and c": all of them; a report shortens. The caller frees it. */
char *names_join(const struct strv *names);
