#pragma once

/*
 * How a report is written: with or without colours, in UTF-8 or ASCII, how much of it. And the
 * few pieces all text reports are made of. Reports append to a buf; only the command writes it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"

struct catalog;

struct style {
	bool color, utf8;
	bool verbose, quiet;
	size_t width; /* columns of a line; 0: STYLE_WIDTH */
	const struct catalog *language; /* of headings; NULL: English */
};

#define STYLE_WIDTH 100 /* where there is no terminal, and so none to ask */
#define STYLE_LEAST 40
#define STYLE_MOST 200

/* Whether the locale's character set is UTF-8. */
bool style_locale_is_utf8(void);

size_t style_width(const struct style *s);

enum ink { INK_PLAIN, INK_ADD, INK_CHANGE, INK_REMOVE, INK_WARN, INK_HEAD, INK_DIM };

/* Text from anywhere, escaped and in the given colour. */
void ink_text(struct buf *b, const struct style *s, enum ink ink, const char *text);

/* A heading in the style's language; `text` itself where it has none. */
const char *style_word(const struct style *s, const char *context, const char *text);

/* The colour that belongs to a sign: + ~ - ! x . ? */
enum ink ink_of_sign(char sign);

/* Columns that the text takes (an escaped one: printable, without colours). */
size_t text_width(const char *text);

/* Spaces up to column `to`, at least `least` of them. */
void pad_to(struct buf *b, size_t from, size_t to, size_t least);

/*
 * Text wrapped at the style's width: the first line goes on at `column`, the others begin there; where
 * too little is left, all begin on the next line. Its secrets are hidden. Ends the line. White space of the text, also line ends, counts as one space.
 */
void wrap_text(struct buf *b, const struct style *s, size_t column, const char *text);

/*
 * The end of a line that programs look for, by line: wrapped from `column` on where a terminal is too narrow
 * for it, else whole. `text` is escaped, or our own. Ends the line.
 */
void fit_text(struct buf *b, const struct style *s, size_t column, const char *text);

/* The line that sums up: its head, and the rest by fit_text(). */
void sum_text(struct buf *b, const struct style *s, const char *head, const char *text);

/* "1 control", "2 controls" */
void count_text(struct buf *b, size_t n, const char *one, const char *many);
