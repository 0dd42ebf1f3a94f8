#include "engine/base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SHORT_TEXT 256

void *xcheck(void *p)
{
	if (!p) {
		fputs("harden: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	return xcheck(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t count, size_t size)
{
	return xcheck(reallocarray(p, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return xcheck(strdup(s));
}

char *xstrdup_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	return xcheck(strndup(s, n));
}

void *xmemdup(const void *p, size_t n)
{
	void *copy = xcalloc(1, n + 1); /* always followed by a NUL */

	if (n)
		memcpy(copy, p, n);
	return copy;
}

/* Most texts are short: those are made on the stack, since vasprintf() allocates twice for each. */
char *xvasprintf(const char *fmt, va_list ap)
{
	char text[SHORT_TEXT], *s = NULL;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(text, sizeof(text), fmt, again);
	va_end(again);
	if (n >= 0 && n < (int)sizeof(text))
		return xstrndup(text, (size_t)n);
	if (n < 0 || vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	return xcheck(s);
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

char *xconcat(const char *first, ...)
{
	size_t n = strlen(first);
	const char *s;
	char *text, *at;
	va_list ap;

	va_start(ap, first);
	while ((s = va_arg(ap, const char *)))
		n += strlen(s);
	va_end(ap);
	text = xcalloc(n + 1, 1);
	at = stpcpy(text, first);
	va_start(ap, first);
	while ((s = va_arg(ap, const char *)))
		at = stpcpy(at, s);
	va_end(ap);
	return text;
}

void *array_append(void *array_ptr, size_t *count, size_t size)
{
	void **array = array_ptr;
	size_t n = *count;
	char *slot;

	/* powers of two: the array grows when its count reaches one */
	if ((n & (n - 1)) == 0)
		*array = xreallocarray(*array, n ? n * 2 : 1, size);
	slot = (char *)*array + n * size;
	memset(slot, 0, size);
	*count = n + 1;
	return slot;
}

void str_replace(char **slot, const char *s)
{
	char *copy = xstrdup_null(s);

	free(*slot);
	*slot = copy;
}

int strcmp_null(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static bool is_part_of_word(char c, const char *also)
{
	return c && (strchr("-_", c) || strchr(also, c) || (c >= 'a' && c <= 'z') ||
		     (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
}

bool str_has_word(const char *text, const char *word, const char *also)
{
	size_t n = strlen(word);

	for (const char *at = text; n && (at = strstr(at, word)); at++)
		if ((at == text || !is_part_of_word(at[-1], also)) && !is_part_of_word(at[n], also))
			return true;
	return false;
}
