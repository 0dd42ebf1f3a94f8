#pragma once

/*
 * Lines of a plan's text: sign, text, mark and control, each in the column in which the command
 * line's contract draws them.
 */

#include "cli/report/style.h"
#include "engine/model/plan.h"

#define COLUMN_TEXT 6
#define COLUMN_JSON 8 /* keys in braces */
#define COLUMN_VALUE 23 /* of an attribute */

struct report {
	struct buf *b;
	const struct style *s;
	const struct plan *plan;
};

/* A name, then before and after: on one line where that is short, on two otherwise. */
struct shown {
	size_t column;
	const char *prefix, *suffix; /* around the value: "\"icc\": " */
	const char *before, *after; /* escaped already; NULL: not there */
	const char *mark, *control;
};

void put_shown(const struct report *r, const struct shown *v);

/* `text` and `mark` are escaped already; `control` may be NULL. */
void put_line(const struct report *r, char sign, size_t column, const char *text, const char *mark,
	      const char *control);

/* The sign and the bold name of a path, or of another place. */
void put_heading(const struct report *r, char sign, const char *text);

/* Appends "[L]" or "[R]", and "[!]" where the control had to be acknowledged. */
void mark_of(const struct report *r, enum handler handler, const char *control, struct buf *ret);

/* A value as reports show it: escaped, or "(hidden, sha256 ...)" when it is sensitive. */
void text_value(struct buf *b, const struct style *s, const char *value, bool sensitive);

/* text_value() as a string of the caller's; NULL stays NULL. */
char *value_text(const struct report *r, const char *value, bool sensitive);
