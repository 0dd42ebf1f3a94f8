#include "cli/report/style.h"

#include <langinfo.h>
#include <stdint.h>
#include <string.h>

#include "cli/report/escape.h"
#include "engine/base/alloc.h"
#include "engine/baseline/catalog.h"
#include "engine/format/secret.h"

#define LEAST_TEXT 24 /* columns that a text behind a name needs; else it begins below */
#define COLUMN_BELOW 8
#define SPACES " \t\r\n"

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

const char *style_word(const struct style *s, const char *context, const char *text)
{
	const char *word = s->language ? catalog_find(s->language, context, text) : NULL;

	return word && *word ? word : text;
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

/* The character that begins at text, and its bytes; what is no UTF-8 is one byte. */
static uint32_t character_at(const char *text, size_t *ret_bytes)
{
	const unsigned char *t = (const unsigned char *)text;
	size_t n = t[0] < 0xc0 ? 1 : t[0] < 0xe0 ? 2 : t[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? t[0] : t[0] & (0x7fU >> n);

	for (size_t i = 1; i < n; i++) {
		if ((t[i] & 0xc0) != 0x80) {
			*ret_bytes = i;
			return 0xfffd;
		}
		c = c << 6 | (t[i] & 0x3f);
	}
	*ret_bytes = n;
	return c;
}

/* Characters of two columns: the East Asian wide and full-width ones (Unicode, annex 11). */
static bool is_wide(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
		    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},  {0xff00, 0xff60}, {0xffe0, 0xffe6},
		    {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};

	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		if (c >= wide[i].first && c <= wide[i].last)
			return true;
	return false;
}

size_t text_width(const char *text)
{
	size_t width = 0;

	while (*text) {
		size_t n;
		uint32_t c = character_at(text, &n);

		width += is_wide(c) ? 2 : 1;
		text += n;
	}
	return width;
}

bool style_locale_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

size_t style_width(const struct style *s)
{
	return s->width ? s->width : STYLE_WIDTH;
}

void pad_to(struct buf *b, size_t from, size_t to, size_t least)
{
	size_t n = to > from + least ? to - from : least;

	while (n--)
		buf_putc(b, ' ');
}

/* Chinese is written without spaces: a line may end between two of its characters. */
static bool may_break(uint32_t before, uint32_t after)
{
	static const uint32_t no_end[] = {0x3008, 0x300a, 0x300c, 0x300e,
					  0x3010, 0xff08, 0x2018, 0x201c};
	static const uint32_t no_start[] = {0x3001, 0x3002, 0x3009, 0x300b, 0x300d,
					    0x300f, 0x3011, 0xff01, 0xff09, 0xff0c,
					    0xff1a, 0xff1b, 0xff1f, 0x2019, 0x201d};

	for (size_t i = 0; i < ARRAY_SIZE(no_end); i++)
		if (before == no_end[i])
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(no_start); i++)
		if (after == no_start[i])
			return false;
	return is_wide(before) || is_wide(after);
}

/* Bytes up to the next place where a line may end; text begins with no space. */
static size_t piece(const char *text)
{
	size_t n, at;
	uint32_t before = character_at(text, &at);

	while (text[at] && !strchr(SPACES, text[at])) {
		uint32_t after = character_at(text + at, &n);

		if (may_break(before, after))
			break;
		before = after;
		at += n;
	}
	return at;
}

/* Where a line is too narrow for a text behind what stands there, it begins below. */
static size_t text_start(struct buf *b, const struct style *s, size_t column)
{
	if (column <= COLUMN_BELOW || column + LEAST_TEXT <= style_width(s))
		return column;
	while (b->len > 0 && b->data[b->len - 1] == ' ') /* those up to the column */
		b->len--;
	if (b->len > 0 && b->data[b->len - 1] != '\n')
		buf_putc(b, '\n');
	pad_to(b, 0, COLUMN_BELOW, 0);
	return COLUMN_BELOW;
}

void wrap_text(struct buf *b, const struct style *s, size_t column, const char *text)
{
	/* before it is wrapped: then a name and what is assigned to it may be on two lines */
	CLEANUP(freep) char *shown = secret_hide(text);
	size_t start = text_start(b, s, column);
	size_t at = start, space = strspn(shown, SPACES);

	for (text = shown; *(text += space); space = strspn(text, SPACES)) {
		bool gap = space && at > start;
		size_t n = piece(text);
		CLEANUP(buf_clear) struct buf word = {0};

		escape_bytes(&word, text, n, s->utf8);
		if (at > start && at + gap + text_width(buf_str(&word)) > style_width(s)) {
			buf_putc(b, '\n');
			pad_to(b, 0, start, 0);
			at = start;
		} else if (gap) {
			buf_putc(b, ' ');
			at++;
		}
		buf_append(b, word.data, word.len);
		at += text_width(buf_str(&word));
		text += n;
	}
	buf_putc(b, '\n');
}

void fit_text(struct buf *b, const struct style *s, size_t column, const char *text)
{
	if (style_width(s) != STYLE_WIDTH && column + text_width(text) > style_width(s))
		wrap_text(b, s, column, text);
	else
		buf_printf(b, "%s\n", text);
}

void sum_text(struct buf *b, const struct style *s, const char *head, const char *text)
{
	ink_text(b, s, INK_HEAD, head);
	fit_text(b, s, text_width(head), text);
}

void count_text(struct buf *b, size_t n, const char *one, const char *many)
{
	buf_printf(b, "%zu %s", n, n == 1 ? one : many);
}
