#pragma once

/* How long published ports were away, for people. */

#include "cli/report/style.h"
#include "engine/base/buf.h"
#include "engine/model/gap.h"

/* A sentence on the longest, and one on what was not measured; nothing where neither is known. */
void gap_put(struct buf *b, const struct style *s, const struct gaps *g);

/* The same, and each place in a line. */
void gap_put_all(struct buf *b, const struct style *s, const struct gaps *g);

/* "412 ms", "1.3 s": the caller frees it. */
char *gap_time(uint64_t ms);
