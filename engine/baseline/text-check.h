#pragma once

/*
 * What the bytes of a baseline must be before anybody parses them: UTF-8 without a BOM, at most
 * BASELINE_MAX_BYTES, without tabs, control characters and the characters that make a text look
 * different from what it says (line separators, changes of direction).
 */

#include <stddef.h>

#include "engine/base/error.h"

#define BASELINE_MAX_BYTES (10U << 20)

/* 0, or -EFBIG or -EILSEQ with "FILE:LINE:COLUMN: ..."; columns count characters. */
int text_check(const char *file, const void *bytes, size_t n, struct error *err);
