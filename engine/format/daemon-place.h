#pragma once

/* In which line of dockerd's config file something stands, for who names it to people. Pure. */

#include "engine/base/buf.h"

/* The line of the text in which the key stands, from 1; 0: nowhere at its top, or the text is no JSON. */
size_t daemon_line_of_key(const struct buf *text, const char *key);

/*
 * The line that a reason of daemon_file_check() is about, from 1: of a mistake of JSON, or of the key that it
 * names; 0: not told. The text may be an older one than that which was checked: what it lacks has no line.
 */
size_t daemon_line_of_reason(const struct buf *text, const char *reason);

/* The reason, with its line where one is told that it does not say itself. The caller frees it. */
char *daemon_reason_with_line(const struct buf *text, const char *reason);
