#pragma once

/*
 * Escapes what came from a host before it reaches a terminal: control bytes and invalid UTF-8
 * as \xNN, characters that change how their neighbours are shown (C1 controls, bidirectional
 * marks, zero-width ones, line separators, tags) as \u{NN}. Outside a UTF-8 locale everything
 * beyond ASCII becomes \u{NN} too. No state; appends to the caller's buffer.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"

void escape_bytes(struct buf *b, const char *bytes, size_t n, bool utf8);
void escape_text(struct buf *b, const char *text, bool utf8);
