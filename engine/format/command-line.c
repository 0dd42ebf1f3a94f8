#include "engine/format/command-line.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"

#define BLANKS " \t\r\n"

struct word_span {
	size_t start, end;
};

struct spans {
	struct word_span *items;
	size_t count;
};

static void spans_clear(struct spans *s)
{
	free(s->items);
}

static void append_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(out, (char)(0xe0 | c >> 12));
		} else {
			buf_putc(out, (char)(0xf0 | c >> 18));
			buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

/* Exactly n digits of that base; false when they are not there. */
static bool read_digits(const char *p, size_t n, int base, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t value = 0;

	for (size_t i = 0; i < n; i++) {
		char c = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] + 'a' - 'A') : p[i];
		const char *digit = c ? strchr(digits, c) : NULL;

		if (!digit || digit - digits >= base)
			return false;
		value = value * (uint32_t)base + (uint32_t)(digit - digits);
	}
	*ret = value;
	return value != 0;
}

/* Escapes by number: the count of bytes behind the backslash, 0 when it is none. */
static size_t read_numeric(const char *p, struct buf *out)
{
	uint32_t c;

	if (p[0] == 'x' && read_digits(p + 1, 2, 16, &c)) {
		buf_putc(out, (char)c);
		return 3;
	}
	if (p[0] == 'u' && read_digits(p + 1, 4, 16, &c)) {
		append_utf8(out, c);
		return 5;
	}
	if (p[0] == 'U' && read_digits(p + 1, 8, 16, &c) && c <= 0x10ffff) {
		append_utf8(out, c);
		return 9;
	}
	if (read_digits(p, 3, 8, &c) && c <= 0xff) {
		buf_putc(out, (char)c);
		return 3;
	}
	return 0;
}

/* What stands behind a backslash; an escape that systemd does not know stays as it is written. */
static size_t read_escape(const char *p, struct buf *out)
{
	static const char from[] = "abfnrtvs\\\"'", to[] = "\a\b\f\n\r\t\v \\\"'";
	const char *known = *p ? strchr(from, *p) : NULL;
	size_t n;

	if (known) {
		buf_putc(out, to[known - from]);
		return 1;
	}
	n = read_numeric(p, out);
	if (n == 0)
		buf_putc(out, '\\');
	return n;
}

/* The word at `at`; returns what is behind it, or NULL when a quote is not closed. */
static const char *read_word(const char *at, struct buf *out)
{
	char quote = '\0';

	for (; *at && (quote || !strchr(BLANKS, *at)); at++) {
		if (*at == '\\')
			at += read_escape(at + 1, out);
		else if (*at == quote)
			quote = '\0';
		else if (!quote && (*at == '"' || *at == '\''))
			quote = *at;
		else
			buf_putc(out, *at);
	}
	return quote ? NULL : at;
}

static int split(const char *line, struct strv *words, struct spans *spans)
{
	for (const char *at = line + strspn(line, BLANKS); *at; at += strspn(at, BLANKS)) {
		CLEANUP(buf_clear) struct buf word = {0};
		const char *end = read_word(at, &word);
		struct word_span *span;

		if (!end)
			return -EINVAL;
		strv_add_owned(words, buf_take(&word));
		if (spans) {
			span = array_append(&spans->items, &spans->count, sizeof(*span));
			span->start = (size_t)(at - line);
			span->end = (size_t)(end - line);
		}
		at = end;
	}
	return 0;
}

int command_line_split(const char *line, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv words = {0};
	int r = split(line, &words, NULL);

	if (r < 0)
		return error_set(err, r, "a quote is not closed: '%s'", line);
	strv_add_all(ret, &words);
	return 0;
}

size_t command_line_arguments(const struct strv *words)
{
	const char *program = words->count ? words->items[0] : "";
	bool named = memchr(program, '@', strspn(program, "-@:+!|")) != NULL;
	size_t first = named ? 2 : 1;

	return first < words->count ? first : words->count;
}

/* One word of a variable's value; returns what is behind it. */
static const char *read_value_word(const char *at, struct buf *out)
{
	char quote = '\0';

	for (; *at && (quote || !strchr(BLANKS, *at)); at++) {
		if (*at == '\\') {
			if (!*++at)
				break;
			buf_putc(out, *at);
		} else if (*at == quote) {
			quote = '\0';
		} else if (!quote && (*at == '"' || *at == '\'')) {
			quote = *at;
		} else {
			buf_putc(out, *at);
		}
	}
	return at;
}

void command_line_split_value(const char *value, struct strv *ret)
{
	for (const char *at = value + strspn(value, BLANKS); *at; at += strspn(at, BLANKS)) {
		CLEANUP(buf_clear) struct buf word = {0};

		at = read_value_word(at, &word);
		strv_add(ret, buf_str(&word));
	}
}

int command_line_find(const char *text, const char *prefix, char **ret_word, size_t *ret_start,
		      size_t *ret_end)
{
	CLEANUP(spans_clear) struct spans spans = {0};
	CLEANUP(strv_clear) struct strv words = {0};

	if (split(text, &words, &spans) < 0)
		return 0;
	for (size_t i = words.count; i-- > 0;) {
		if (!starts_with(words.items[i], prefix))
			continue;
		*ret_word = xstrdup(words.items[i]);
		*ret_start = spans.items[i].start;
		*ret_end = spans.items[i].end;
		return 1;
	}
	return 0;
}

char *command_line_quote(const char *word)
{
	static const char special[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
	CLEANUP(buf_clear) struct buf out = {0};

	if (*word && !strpbrk(word, " '" BLANKS) && !strpbrk(word, special))
		return xstrdup(word);
	buf_putc(&out, '"');
	for (; *word; word++) {
		const char *c = strchr(special, *word);

		if (c)
			buf_printf(&out, "\\%c", letters[c - special]);
		else
			buf_putc(&out, *word);
	}
	buf_putc(&out, '"');
	return buf_take(&out);
}

char *command_line_replace(const char *line, size_t at, size_t count, const char *to)
{
	CLEANUP(spans_clear) struct spans spans = {0};
	CLEANUP(strv_clear) struct strv words = {0};
	struct buf out = {0};
	size_t start, end;

	buf_puts(&out, line);
	if (split(line, &words, &spans) < 0 || !count || at >= words.count ||
	    count > words.count - at)
		return buf_take(&out);
	start = spans.items[at].start;
	end = spans.items[at + count - 1].end;
	if (!to && at > 0)
		start = spans.items[at - 1].end; /* with the blanks before it */
	else if (!to && words.count > count)
		end = spans.items[count].start;
	buf_splice(&out, start, end - start, to, to ? strlen(to) : 0);
	return buf_take(&out);
}
