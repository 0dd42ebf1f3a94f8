#pragma once

/*
 * What is said on stderr: one line, "harden: " before it, and everything in it escaped, since
 * names of the host may stand in it.
 */

#include "engine/base/error.h"
#include "engine/base/macros.h"
#include "engine/base/strv.h"

void message(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The same of what decides nothing: a warning, what was noticed on the way. */
void remark(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* All that was said so far, without their beginnings, secrets hidden. */
const struct strv *messages(void);

/*
 * Which of them decided the exit code: the last error that fail() said, else the first that is no
 * remark, else the first; NULL when nothing was said.
 */
const char *message_of_error(void);

/* That error: the path and the control that it is about, as far as they are known. */
const struct error *error_that_failed(void);

/* Says the error, releases it, and gives the code back. */
int fail(int code, struct error *err);
