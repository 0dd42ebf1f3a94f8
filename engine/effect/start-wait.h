#pragma once

/*
 * How long a start of dockerd is waited for, and what a wait that is over comes to. A start is over
 * when systemd says so: one that it still has as under way, and lets take longer, has not failed.
 */

#include <stdint.h>

#include "engine/base/error.h"

/*
 * In milliseconds, by what systemd lets the start take (UINT64_MAX: for ever). Never less than two
 * minutes, nor more than ten: somebody waits for the answer.
 */
int start_wait_ms(uint64_t limit_usec);

/*
 * What came of a job that ended with `code` after so long, by the ActiveState that its unit has then
 * (NULL: not known): a start that was waited for in vain and is done all the same is not a failure.
 */
int start_wait_end(int code, const char *active, int waited_ms, struct error *err);
