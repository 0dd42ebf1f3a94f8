#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-read.h"
#include "engine/format/json-util.h"
#include "engine/format/schemes/json-text.h"

static json_t *load(const char *value)
{
	return value ? json_read(value, strlen(value), JSON_READ_STRICT, NULL) : NULL;
}

bool json_value_same(const char *a, const char *b)
{
	CLEANUP(json_decrefp) json_t *x = load(a);
	CLEANUP(json_decrefp) json_t *y = load(b);

	if (x && y)
		return json_equal(x, y) == 1;
	return strcmp_null(a, b) == 0;
}

const char *json_value_type(const char *value)
{
	CLEANUP(json_decrefp) json_t *j = load(value);

	return j ? json_type_name(j) : NULL;
}

/* Length of the UTF-8 character that s begins with, 0 when its bytes are none. */
static size_t utf8_length(const char *s)
{
	for (size_t n = 1; n <= 4 && s[n - 1]; n++) {
		CLEANUP(json_decrefp) json_t *j = json_stringn(s, n);

		if (j)
			return n;
	}
	return 0;
}

/* Bytes that are no UTF-8 become U+FFFD, so that every C string gives a JSON string. */
static void append_utf8(struct buf *out, const char *s)
{
	while (*s) {
		size_t n = utf8_length(s);

		if (n)
			buf_append(out, s, n);
		else
			buf_puts(out, "\xef\xbf\xbd");
		s += n ? n : 1;
	}
}

char *json_value_from_string(const char *s)
{
	CLEANUP(buf_clear) struct buf clean = {0};
	CLEANUP(json_decrefp) json_t *j = json_string(s);

	if (!j) {
		append_utf8(&clean, s);
		j = json_string(buf_str(&clean));
	}
	return json_dumps(j, JSON_ENCODE_ANY);
}

char *json_value_to_string(const char *value)
{
	CLEANUP(json_decrefp) json_t *j = load(value);
	const char *s = json_string_value(j);

	/* a C string cannot hold an escaped NUL */
	if (!s || strlen(s) != json_string_length(j))
		return NULL;
	return xstrdup(s);
}
