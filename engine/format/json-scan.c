#include "engine/format/json-scan.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

void json_members_clear(struct json_members *o)
{
	if (!o)
		return;
	free(o->items);
	*o = (struct json_members){0};
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(const struct buf *text, size_t at)
{
	while (at < text->len && is_space(text->data[at]))
		at++;
	return at;
}

/* Behind the string whose opening quote stands at `at`. */
static size_t skip_string(const char *bytes, size_t n, size_t at)
{
	for (at++; at < n && bytes[at] != '"'; at++)
		if (bytes[at] == '\\')
			at++;
	return at < n ? at + 1 : n;
}

static size_t skip_container(const struct buf *text, size_t at)
{
	size_t depth = 0;

	while (at < text->len) {
		char c = text->data[at];

		if (c == '"') {
			at = skip_string(text->data, text->len, at);
			continue;
		}
		at++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			break;
	}
	return at;
}

static size_t skip_value(const struct buf *text, size_t at)
{
	char c = at < text->len ? text->data[at] : '\0';

	if (c == '"')
		return skip_string(text->data, text->len, at);
	if (c == '{' || c == '[')
		return skip_container(text, at);
	while (at < text->len && !is_space(text->data[at]) && !strchr(",]}", text->data[at]))
		at++;
	return at;
}

size_t json_scan_mark(const struct buf *text)
{
	return text->len >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

struct json_span json_scan_top(const struct buf *text)
{
	struct json_span span = {.start = skip_space(text, json_scan_mark(text))};

	span.end = skip_value(text, span.start);
	return span;
}

bool json_scan_object(const struct buf *text, struct json_span span, struct json_members *ret)
{
	size_t at;

	if (span.start >= text->len || text->data[span.start] != '{')
		return false;
	ret->span = span;
	for (at = skip_space(text, span.start + 1); at < span.end && text->data[at] == '"';
	     at = skip_space(text, at)) {
		struct json_member *m = array_append(&ret->items, &ret->count, sizeof(*ret->items));

		m->key.start = at;
		m->key.end = skip_string(text->data, text->len, at);
		m->value.start = skip_space(text, skip_space(text, m->key.end) + 1);
		m->value.end = skip_value(text, m->value.start);
		at = skip_space(text, m->value.end);
		if (at < span.end && text->data[at] == ',')
			at++;
	}
	return true;
}

char *json_scan_key(const struct buf *text, const struct json_member *m)
{
	const char *bytes = text->data + m->key.start;
	size_t n = m->key.end - m->key.start;
	json_t *string;
	char *key;

	assert(n >= 2);
	if (!memchr(bytes, '\\', n))
		return xstrndup(bytes + 1, n - 2);
	string = json_loadb(bytes, n, JSON_DECODE_ANY, NULL);
	key = xstrdup(string ? json_string_value(string) : "");
	json_decref(string);
	return key;
}

const struct json_member *json_scan_find(const struct buf *text, const struct json_members *o,
					 const char *key)
{
	for (size_t i = 0; i < o->count; i++) {
		CLEANUP(freep) char *name = json_scan_key(text, &o->items[i]);

		if (strcmp(name, key) == 0)
			return &o->items[i];
	}
	return NULL;
}

void json_scan_compact(const char *bytes, size_t n, struct buf *ret)
{
	for (size_t at = 0; at < n;) {
		if (bytes[at] == '"') {
			size_t end = skip_string(bytes, n, at);

			buf_append(ret, bytes + at, end - at);
			at = end;
			continue;
		}
		if (!is_space(bytes[at]))
			buf_putc(ret, bytes[at]);
		if (bytes[at] == ',' || bytes[at] == ':')
			buf_putc(ret, ' ');
		at++;
	}
}
