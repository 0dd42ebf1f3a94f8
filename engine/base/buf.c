#include "engine/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

void buf_wipe(struct buf *b)
{
	if (b && b->data)
		explicit_bzero(b->data, b->size);
	buf_clear(b);
}

void buf_clear(struct buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct buf){0};
}

void buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->size)
		return;
	b->size = need > 2 * b->size ? need : 2 * b->size;
	b->data = xreallocarray(b->data, b->size, 1);
}

void buf_append(struct buf *b, const void *bytes, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(n >= 0);
	buf_reserve(b, (size_t)n);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_splice(struct buf *b, size_t at, size_t len, const void *bytes, size_t n)
{
	assert(at <= b->len && len <= b->len - at);
	if (n > len)
		buf_reserve(b, n - len);
	if (!b->data)
		return;
	memmove(b->data + at + n, b->data + at + len, b->len - at - len);
	if (n)
		memcpy(b->data + at, bytes, n);
	b->len = b->len - len + n;
	b->data[b->len] = '\0';
}

void buf_set(struct buf *b, const void *bytes, size_t n)
{
	b->len = 0;
	buf_append(b, bytes, n);
}

void buf_copy(struct buf *to, const struct buf *from)
{
	buf_set(to, from->data, from->len);
}

bool buf_equal(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *data;

	buf_reserve(b, 0);
	b->data[b->len] = '\0';
	data = b->data;
	*b = (struct buf){0};
	return data;
}
