#pragma once

/*
 * Text as lines, for the formats that are made of them. Lines keep what they end in (LF, CRLF,
 * or nothing at the end of the text): adding a line copies the text's own line end, and a
 * missing final newline stays missing, so that taking the line away again gives the old bytes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/subject.h"

struct text_line {
	size_t start; /* of its first byte */
	size_t end; /* behind its last byte, without the line end */
	size_t next; /* behind its line end */
};

/* The line that begins at *at, which moves to the next one; false behind the last line. */
bool text_line_next(const struct buf *text, size_t *at, struct text_line *ret);

/* The line end that the text uses: "\r\n" or "\n". */
const char *text_line_end(const struct buf *text);

/* Puts a line (without line end) before the line that begins at `at`, or at the end of the text. */
void text_line_insert(struct buf *text, size_t at, const char *line);

/* Replaces the bytes of a line, or takes it away together with its line end (NULL). */
void text_line_set(struct buf *text, const struct text_line *line, const char *with);

/* The line without white space around it, as a string; the caller frees it. */
char *text_line_copy(const struct buf *text, const struct text_line *line);

/* Refuses what no line-wise format can hold: a NUL byte. */
int text_lines_check(const struct buf *text, struct error *err);

/* Refuses a value that would be more than one line. */
int text_one_line(struct subject subject, const char *value, struct error *err);
