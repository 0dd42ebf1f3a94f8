#pragma once

/*
 * Allocation that cannot fail: out of memory ends the process. The journal makes a dead
 * process the best-tested path there is; half-handled ENOMEM paths would be the worst.
 * Everything returned belongs to the caller and is released with free().
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/base/macros.h"

/* What another library allocated: p, or the end of the process. */
void *xcheck(void *p);

void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *s);
char *xstrdup_null(const char *s); /* NULL stays NULL */
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
char *xvasprintf(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);

/* All the texts in a row, up to a NULL: what is made for each of a long list is not worth a format. */
char *xconcat(const char *first, ...) ENDS_WITH_NULL;

/* Grows *array (elements of `size` bytes) so that one more fits behind `count`, zeroed; returns it. */
void *array_append(void *array_ptr, size_t *count, size_t size);

/* Replaces *slot by a copy of s (or NULL), releasing what was there. */
void str_replace(char **slot, const char *s);

static inline UNUSED void freep(void *p)
{
	free(*(void **)p);
}

/*
 * Whether the text has the word, and not merely as a part of another: "icc", "log-opts". Words are of
 * ASCII letters, digits, - and _, and of the characters in `also`.
 */
bool str_has_word(const char *text, const char *word, const char *also);

/* strcmp() for pointers that may be NULL; NULL sorts first. */
int strcmp_null(const char *a, const char *b);
