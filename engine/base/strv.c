#include "engine/base/strv.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

void strv_clear(struct strv *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv){0};
}

void strv_add_owned(struct strv *v, char *s)
{
	*(char **)array_append(&v->items, &v->count, sizeof(char *)) = s;
}

void strv_add(struct strv *v, const char *s)
{
	strv_add_owned(v, xstrdup(s));
}

void strv_add_n(struct strv *v, const char *s, size_t n)
{
	strv_add_owned(v, xstrndup(s, n));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_add_owned(v, xvasprintf(fmt, ap));
	va_end(ap);
}

void strv_add_all(struct strv *v, const struct strv *more)
{
	for (size_t i = 0; i < more->count; i++)
		strv_add(v, more->items[i]);
}

void strv_copy(struct strv *to, const struct strv *from)
{
	strv_clear(to);
	strv_add_all(to, from);
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->count > 1)
		qsort(v->items, v->count, sizeof(char *), compare_items);
}

void strv_remove(struct strv *v, size_t index)
{
	free(v->items[index]);
	memmove(v->items + index, v->items + index + 1, (v->count - index - 1) * sizeof(char *));
	v->count--;
}

bool strv_contains(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->items[i], s) == 0)
			return true;
	return false;
}

bool strv_matches(const struct strv *globs, const char *text, int flags)
{
	for (size_t i = 0; globs && text && i < globs->count; i++)
		if (fnmatch(globs->items[i], text, flags) == 0)
			return true;
	return false;
}

bool strv_has_match(const struct strv *v, const char *glob)
{
	for (size_t i = 0; i < v->count; i++)
		if (fnmatch(glob, v->items[i], 0) == 0)
			return true;
	return false;
}

bool strv_equal(const struct strv *a, const struct strv *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

void strv_add_once(struct strv *v, const char *s)
{
	if (!strv_contains(v, s))
		strv_add(v, s);
}

void strv_split(struct strv *v, const char *text, const char *separators)
{
	while (*text) {
		size_t n = strcspn(text, separators);

		if (n)
			strv_add_n(v, text, n);
		text += n;
		text += strspn(text, separators);
	}
}

char *strv_join(const struct strv *v, const char *separator)
{
	CLEANUP(buf_clear) struct buf b = {0};

	for (size_t i = 0; i < v->count; i++) {
		if (i)
			buf_puts(&b, separator);
		buf_puts(&b, v->items[i]);
	}
	return buf_take(&b);
}
