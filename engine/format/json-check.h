#pragma once

/* Whether a JSON text may be read and edited at all. */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

/*
 * Refuses what readers of JSON disagree about, or that a daemon would refuse: anything behind
 * the value, repeated keys, NUL, a top level that is not an object. The message has line and column.
 */
int json_text_check(const struct buf *text, struct error *err);

/* Nothing but white space, behind a byte order mark or not: it counts as an empty object. */
bool json_is_blank(const struct buf *text);
