#pragma once

/* The two ends of the conversation: colours, character set, questions, and the answer itself. */

#include <stdbool.h>

#include "cli/options.h"
#include "cli/report/style.h"
#include "engine/base/buf.h"
#include "engine/base/macros.h"

/*
 * How the answer on stdout shall look: --color first, then NO_COLOR and CLICOLOR_FORCE, then
 * whether stdout is a terminal that is not dumb.
 */
struct style terminal_style(const struct options *o);

/* A question is put only where stdin and stderr are terminals. */
bool terminal_can_ask(void);
bool terminal_ask(const char *question);

/*
 * How far something is that takes long, in one line on stderr which the next one overwrites and
 * the end takes away. Only where stderr is a terminal.
 */
bool terminal_shows_progress(void);
void terminal_progress(const char *fmt, ...) PRINTF_LIKE(1, 2);
void terminal_progress_end(void);

/*
 * Writes the answer to stdout and flushes it: CODE_OK, or CODE_ERROR with a message (see
 * terminal_code_is_hosts()); a reader that has seen enough and went away is not an error. Secrets are
 * hidden in it; the raw one is for who has seen to that.
 */
int terminal_write(const struct buf *text);

/*
 * To be called before the first thing is changed: from then on the exit code tells what became of the host. An
 * answer that cannot be written is named on stderr as before, and is no error any more: "1" would say that
 * nothing was changed.
 */
void terminal_code_is_hosts(void);

/* The end: waits until what was said is taken (outlet.h), and gives the code, or CODE_ERROR for CODE_OK where it cannot be. */
int terminal_end(int code);

/* Whether anything was written so: an answer that was begun is not followed by another one. */
bool terminal_has_answered(void);
int terminal_write_raw(const struct buf *text);
