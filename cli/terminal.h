#pragma once

/* The two ends of the conversation: colours, character set, questions, and the answer itself. */

#include <stdbool.h>

#include "cli/options.h"
#include "cli/report/style.h"
#include "engine/base/buf.h"

/* Whether the locale's character set is UTF-8. */
bool terminal_is_utf8(void);

/*
 * How the answer on stdout shall look: --color first, then NO_COLOR and CLICOLOR_FORCE, then
 * whether stdout is a terminal that is not dumb.
 */
struct style terminal_style(const struct options *o);

/* A question is put only where stdin and stderr are terminals. */
bool terminal_can_ask(void);
bool terminal_ask(const char *question);

/*
 * Writes the answer to stdout and flushes it: CODE_OK, or CODE_ERROR with a message. Secrets are
 * hidden in it; the raw one is for who has seen to that.
 */
int terminal_write(const struct buf *text);
int terminal_write_raw(const struct buf *text);
