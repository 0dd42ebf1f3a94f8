#include "engine/format/json-check.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/format/json-read.h"
#include "engine/format/json-scan.h"
#include "engine/format/json-util.h"

bool json_is_blank(const struct buf *text)
{
	size_t mark = json_scan_mark(text);

	return mark + strspn(buf_str(text) + mark, " \t\r\n") == text->len;
}

/* Fills err with the line and column of the byte at `at`, both counted from 1. */
static int refuse_at(const struct buf *text, size_t at, const char *what, struct error *err)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i < at; i++) {
		if (text->data[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	return error_set(err, -EBADMSG, "line %zu, column %zu: %s", line, at - start + 1, what);
}

int json_text_check(const struct buf *text, struct error *err)
{
	const char *nul = text->len ? memchr(text->data, '\0', text->len) : NULL;
	size_t mark = json_scan_mark(text);
	CLEANUP(json_decrefp) json_t *j = NULL;
	json_error_t why;

	if (nul)
		return refuse_at(text, (size_t)(nul - text->data), "a NUL byte", err);
	if (json_is_blank(text))
		return 0;
	j = json_read(text->data + mark, text->len - mark, JSON_READ_STRICT, &why);
	if (!j)
		return json_refused(&why, -EBADMSG, err);
	return json_is_object(j) ? 0
				 : refuse_at(text, json_scan_top(text).start,
					     "the top level is not an object", err);
}
