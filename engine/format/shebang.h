#pragma once

/*
 * The first line of a script as the kernel reads it: which program is started with it. Format: text alone, nothing
 * is looked for.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/macros.h"

#define SHEBANG_MOST 256 /* bytes of a file that the kernel looks at, execve(2) */

struct shebang {
	char *interpreter; /* as it is written; "" where the line names none */
	char *looked_for; /* by env(1) in PATH, or a path, where that is the interpreter; NULL: nothing */
};

/* Of the beginning of a file. False, and nothing is set, for one that does not begin with "#!". */
bool shebang_parse(const char *bytes, size_t n, struct shebang *ret);
void shebang_clear(struct shebang *s);
