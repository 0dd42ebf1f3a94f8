#include "cli/report/style.h"

#include <string.h>

#include "cli/report/escape.h"
#include "engine/base/macros.h"

#define LINE_WIDTH 100

static const char *const codes[] = {
	[INK_PLAIN] = NULL,  [INK_ADD] = "32", [INK_CHANGE] = "33", [INK_REMOVE] = "31",
	[INK_WARN] = "1;33", [INK_HEAD] = "1", [INK_DIM] = "2",
};

void ink_text(struct buf *b, const struct style *s, enum ink ink, const char *text)
{
	bool colored = s->color && codes[ink];

	if (colored)
		buf_printf(b, "\033[%sm", codes[ink]);
	escape_text(b, text, s->utf8);
	if (colored)
		buf_puts(b, "\033[0m");
}

enum ink ink_of_sign(char sign)
{
	switch (sign) {
	case '+':
		return INK_ADD;
	case '~':
		return INK_CHANGE;
	case '-':
	case 'x':
		return INK_REMOVE;
	case '!':
	case '?':
		return INK_WARN;
	default:
		return INK_PLAIN;
	}
}

size_t text_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

void pad_to(struct buf *b, size_t from, size_t to, size_t least)
{
	size_t n = to > from + least ? to - from : least;

	while (n--)
		buf_putc(b, ' ');
}

void wrap_text(struct buf *b, const struct style *s, size_t column, const char *text)
{
	size_t at = column;

	while (*(text += strspn(text, " \t\r\n"))) {
		size_t n = strcspn(text, " \t\r\n");
		CLEANUP(buf_clear) struct buf word = {0};

		escape_bytes(&word, text, n, s->utf8);
		if (at > column && at + 1 + text_width(buf_str(&word)) > LINE_WIDTH) {
			buf_putc(b, '\n');
			pad_to(b, 0, column, 0);
			at = column;
		} else if (at > column) {
			buf_putc(b, ' ');
			at++;
		}
		buf_append(b, word.data, word.len);
		at += text_width(buf_str(&word));
		text += n;
	}
	buf_putc(b, '\n');
}

void count_text(struct buf *b, size_t n, const char *one, const char *many)
{
	buf_printf(b, "%zu %s", n, n == 1 ? one : many);
}
