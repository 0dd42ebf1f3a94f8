#pragma once

/* The Test Anything Protocol: one line a result, notes behind it, the plan at the end. */

#include <stdbool.h>

#include "engine/base/macros.h"
#include "engine/base/strv.h"

struct tap {
	unsigned count, failed;
};

/* Prints the result and, where it is a failure, the notes; empties the notes. Returns `ok`. */
bool tap_result(struct tap *t, bool ok, struct strv *notes, const char *name);
void tap_skip(struct tap *t, const char *name, const char *reason);

/* The whole program is left out. */
void tap_skip_all(const char *reason);

/* Prints how many there were; the exit code. */
int tap_end(const struct tap *t);
