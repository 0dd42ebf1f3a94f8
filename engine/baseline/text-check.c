#include "engine/baseline/text-check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/macros.h"

struct cursor {
	const char *file;
	const unsigned char *bytes;
	size_t n, at;
	size_t line, column;
};

static const struct {
	uint32_t first, last;
	const char *what;
} refused_characters[] = {
	{0x0000, 0x0000, "a NUL byte"},
	{0x0009, 0x0009, "a tab; use spaces (in double quotes: \\t)"},
	{0x000b, 0x001f, "a control character"},
	{0x007f, 0x009f, "a control character"},
	{0x2028, 0x2029, "a Unicode line separator"},
	{0x202a, 0x202e, "a character that changes the direction of the text"},
	{0x2066, 0x2069, "a character that changes the direction of the text"},
	{0xfeff, 0xfeff, "a byte order mark"},
	{0xfffe, 0xffff, "a character that Unicode does not have"},
};

static int refuse(const struct cursor *c, int code, struct error *err, const char *what)
{
	return error_set(err, code, "%s:%zu:%zu: %s", c->file, c->line, c->column, what);
}

/* Shape of UTF-8 (RFC 3629, section 4): length, payload of the first byte, smallest code point. */
static size_t sequence_length(unsigned char first, uint32_t *ret_bits, uint32_t *ret_least)
{
	if (first >= 0xc2 && first <= 0xdf) {
		*ret_bits = first & 0x1f;
		*ret_least = 0x80;
		return 2;
	}
	if (first >= 0xe0 && first <= 0xef) {
		*ret_bits = first & 0x0f;
		*ret_least = 0x800;
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		*ret_bits = first & 0x07;
		*ret_least = 0x10000;
		return 4;
	}
	return 0;
}

/* The code point at the cursor and its length in bytes; 0 when there is no valid one. */
static size_t decode(const struct cursor *c, uint32_t *ret)
{
	const unsigned char *p = c->bytes + c->at;
	uint32_t code = p[0], least = 0;
	size_t length = 1;

	if (p[0] >= 0x80)
		length = sequence_length(p[0], &code, &least);
	if (length == 0 || length > c->n - c->at)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return length;
}

static int check_start(const struct cursor *c, struct error *err)
{
	if (c->n > BASELINE_MAX_BYTES)
		return refuse(c, -EFBIG, err, "file is larger than 10 MB");
	if (c->n >= 2 && (memcmp(c->bytes, "\xfe\xff", 2) == 0 || !memcmp(c->bytes, "\xff\xfe", 2)))
		return refuse(c, -EILSEQ, err, "file is UTF-16; save it as UTF-8");
	if (c->n >= 3 && memcmp(c->bytes, "\xef\xbb\xbf", 3) == 0)
		return refuse(c, -EILSEQ, err,
			      "file starts with a byte order mark; save it as UTF-8 without one");
	return 0;
}

static const char *why_refused(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused_characters); i++)
		if (code >= refused_characters[i].first && code <= refused_characters[i].last)
			return refused_characters[i].what;
	return NULL;
}

/* Whether a carriage return at the cursor is the first half of a line's end. */
static bool is_line_end(const struct cursor *c)
{
	return c->bytes[c->at] == '\r' && c->at + 1 < c->n && c->bytes[c->at + 1] == '\n';
}

static int check_character(struct cursor *c, struct error *err)
{
	const char *why;
	uint32_t code = 0;
	size_t length = decode(c, &code);

	if (length == 0)
		return refuse(c, -EILSEQ, err, "a byte that is not UTF-8");
	why = why_refused(code);
	if (why && !is_line_end(c))
		return refuse(c, -EILSEQ, err, why);
	c->at += length;
	c->column++;
	return 0;
}

int text_check(const char *file, const void *bytes, size_t n, struct error *err)
{
	struct cursor c = {.file = file, .bytes = bytes, .n = n, .line = 1, .column = 1};
	int r = check_start(&c, err);

	while (r == 0 && c.at < n) {
		unsigned char byte = c.bytes[c.at];

		if (byte == '\n') {
			c.line++;
			c.column = 1;
			c.at++;
		} else if (byte >= ' ' && byte < 0x7f) {
			c.column++;
			c.at++;
		} else {
			r = check_character(&c, err);
		}
	}
	return r;
}
