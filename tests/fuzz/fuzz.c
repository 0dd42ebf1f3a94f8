#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

void fuzz_text(struct buf *ret, const uint8_t *data, size_t size)
{
	buf_clear(ret);
	if (size > 0)
		buf_append(ret, data, size);
}

char *fuzz_line(const uint8_t **data, size_t *size)
{
	const uint8_t *newline = *size ? memchr(*data, '\n', *size) : NULL;
	size_t n = newline ? (size_t)(newline - *data) : *size;
	size_t gone = newline ? n + 1 : n;
	CLEANUP(buf_clear) struct buf line = {0};

	for (size_t i = 0; i < n && (*data)[i]; i++)
		buf_putc(&line, (char)(*data)[i]);
	*data += gone;
	*size -= gone;
	return buf_take(&line);
}
