#pragma once

/*
 * A list of strings. A zeroed strv is a valid empty one; it owns copies of what is added, and
 * strv_clear() releases them and leaves it empty.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/macros.h"

struct strv {
	char **items;
	size_t count;
};

void strv_clear(struct strv *v);
void strv_add(struct strv *v, const char *s);
void strv_add_n(struct strv *v, const char *s, size_t n);
void strv_add_owned(struct strv *v, char *s); /* takes s over */
void strv_addf(struct strv *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strv_add_all(struct strv *v, const struct strv *more);
void strv_copy(struct strv *to, const struct strv *from);
void strv_sort(struct strv *v);
void strv_remove(struct strv *v, size_t index);
bool strv_contains(const struct strv *v, const char *s);

/* Whether a glob of the list matches the text; flags as of fnmatch(3). NULL: no list, or no text. */
bool strv_matches(const struct strv *globs, const char *text, int flags);

/* Whether the glob matches an item. */
bool strv_has_match(const struct strv *v, const char *glob);

bool strv_equal(const struct strv *a, const struct strv *b);

/* Adds s unless it is there already. */
void strv_add_once(struct strv *v, const char *s);

/* Splits text at any byte of `separators`, leaving empty parts out; appends to v. */
void strv_split(struct strv *v, const char *text, const char *separators);

/* The items with `separator` between them; the caller frees it. */
char *strv_join(const struct strv *v, const char *separator);
