#pragma once

/* How long published ports were away: held against what is allowed, noted in the journal, read from it. */

#include "engine/effect/effector.h"
#include "rollback/journal.h"

/* Whether none was away for more than `most_ms` by now (0: that is not asked); -ETIME names the longest. */
int gap_check(struct effector *e, int most_ms, struct error *err);

/*
 * What was tried too seldom to say that it was not away for more than that (0: that is not asked), as one line,
 * appended; none where each was.
 */
void gap_doubt(const struct gaps *gaps, int most_ms, struct strv *ret);

/* The end of the measuring: into *ret, and into the journal, which the next append makes durable. */
void gap_note(struct effector *e, struct journal *j, struct gaps *ret);

/* The last that was noted; none where nothing was, or it cannot be read. */
void gap_read(const struct records *records, struct gaps *ret);
