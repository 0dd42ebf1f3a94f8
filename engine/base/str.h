#pragma once

/*
 * How strings begin and end, so that no length of a literal is counted by hand. Whoever may have
 * NULL for a string may ask: NULL begins and ends with nothing. The names with _n are of the n
 * bytes at s, which need no '\0' behind them. What is returned as const char * points into s.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "engine/base/macros.h"

/* What stands behind the prefix; NULL when s does not begin with it. */
static inline UNUSED const char *skip_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s && strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* The same, in small and capital letters. */
static inline UNUSED const char *skip_prefix_case(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s && strncasecmp(s, prefix, n) == 0 ? s + n : NULL;
}

static inline UNUSED bool starts_with(const char *s, const char *prefix)
{
	return skip_prefix(s, prefix) != NULL;
}

static inline UNUSED bool starts_with_n(const char *s, size_t n, const char *prefix)
{
	size_t length = strlen(prefix);

	return n >= length && memcmp(s, prefix, length) == 0;
}

static inline UNUSED bool ends_with_n(const char *s, size_t n, const char *suffix)
{
	size_t length = strlen(suffix);

	return n >= length && memcmp(s + n - length, suffix, length) == 0;
}

static inline UNUSED bool ends_with(const char *s, const char *suffix)
{
	return s && ends_with_n(s, strlen(s), suffix);
}

/* strcmp() == 0; of two that begin with different bytes, which most of a list are, nothing is called. */
static inline UNUSED bool str_equal(const char *a, const char *b)
{
	return *a == *b && strcmp(a, b) == 0;
}

/* Whether the n bytes are this word, no more and no less. */
static inline UNUSED bool equals_n(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

/* Whether the word is one of these n; NULL is none. */
bool is_among(const char *word, const char *const *list, size_t n);

/* "KEY" and the sign: what stands behind both ("root:x" and "root", ':' give "x"); or NULL. */
const char *skip_key(const char *s, const char *key, char sign);

/*
 * Whether s begins with the word, and the word ends there: s does, or one of the bytes of `ends`
 * follows ("name=userns,x" begins with the word "name=userns", with "," for ends).
 */
bool starts_with_word(const char *s, const char *word, const char *ends);

/* How many bytes stand before the suffix; 0 when s does not end with it, or is nothing else. */
size_t stem_length(const char *s, const char *suffix);

/* NULL, or nothing but spaces, tabs and ends of lines. */
bool is_blank(const char *s);

/* A copy without the bytes of `blanks` at either end; the caller frees it. */
char *trim(const char *s, const char *blanks);
char *trim_n(const char *s, size_t n, const char *blanks);
