#pragma once

/*
 * A growing run of bytes. It may hold NUL; `data` is nevertheless always followed by one (and
 * is never NULL after the first append), so that text can be read as a string. A zeroed buf
 * is a valid empty one; buf_clear() releases its memory and leaves it empty.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/base/macros.h"

struct buf {
	char *data;
	size_t len;
	size_t size;
};

void buf_clear(struct buf *b);
void buf_wipe(struct buf *b); /* the same for secrets: what the memory held is gone before */
void buf_reserve(struct buf *b, size_t more);
void buf_append(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Replaces `len` bytes from `at` on by `n` others. at + len must lie within the buffer. */
void buf_splice(struct buf *b, size_t at, size_t len, const void *bytes, size_t n);

void buf_set(struct buf *b, const void *bytes, size_t n);
void buf_copy(struct buf *to, const struct buf *from);
bool buf_equal(const struct buf *a, const struct buf *b);

/* The text, "" when empty; owned by the buffer. */
const char *buf_str(const struct buf *b);

/* Hands the bytes to the caller (never NULL, NUL behind them) and leaves the buffer empty. */
char *buf_take(struct buf *b);
