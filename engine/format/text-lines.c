#include "engine/format/text-lines.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/secret.h"

bool text_line_next(const struct buf *text, size_t *at, struct text_line *ret)
{
	const char *newline;

	if (*at >= text->len)
		return false;
	newline = memchr(text->data + *at, '\n', text->len - *at);
	ret->start = *at;
	ret->end = newline ? (size_t)(newline - text->data) : text->len;
	ret->next = newline ? ret->end + 1 : text->len;
	if (newline && ret->end > ret->start && text->data[ret->end - 1] == '\r')
		ret->end--;
	*at = ret->next;
	return true;
}

const char *text_line_end(const struct buf *text)
{
	const char *newline = text->len ? memchr(text->data, '\n', text->len) : NULL;

	return newline && newline > text->data && newline[-1] == '\r' ? "\r\n" : "\n";
}

void text_line_insert(struct buf *text, size_t at, const char *line)
{
	CLEANUP(buf_clear) struct buf piece = {0};
	const char *end = text_line_end(text);

	/* behind a last line without line end, the new one goes without, too */
	if (at > 0 && text->data[at - 1] != '\n') {
		buf_puts(&piece, end);
		buf_puts(&piece, line);
	} else {
		buf_puts(&piece, line);
		buf_puts(&piece, end);
	}
	buf_splice(text, at, 0, piece.data, piece.len);
}

/* Takes a line away; without a line end of its own it takes the one before it. */
static void cut_line(struct buf *text, size_t start, size_t end, size_t next)
{
	/* taking the line behind it away may have taken this line's own end */
	if (next > text->len)
		next = end;
	if (next == end && start > 0) {
		start--;
		if (start > 0 && text->data[start - 1] == '\r')
			start--;
	}
	buf_splice(text, start, next - start, NULL, 0);
}

void text_line_set(struct buf *text, const struct text_line *line, const char *with)
{
	if (with)
		buf_splice(text, line->start, line->end - line->start, with, strlen(with));
	else
		cut_line(text, line->start, line->end, line->next);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

char *text_line_copy(const struct buf *text, const struct text_line *line)
{
	size_t start = line->start, end = line->end;

	while (start < end && is_blank(text->data[start]))
		start++;
	while (end > start && is_blank(text->data[end - 1]))
		end--;
	return xstrndup(buf_str(text) + start, end - start);
}

int text_lines_check(const struct buf *text, struct error *err)
{
	size_t at = 0, number = 0;
	struct text_line line;

	if (!text->len || !memchr(text->data, '\0', text->len))
		return 0;
	while (text_line_next(text, &at, &line)) {
		number++;
		if (memchr(text->data + line.start, '\0', line.end - line.start))
			break;
	}
	return error_set(err, -EBADMSG, "line %zu: a NUL byte in a text file", number);
}

int text_one_line(struct subject subject, const char *value, struct error *err)
{
	return strpbrk(value, "\r\n") ? secret_refuse(subject, value, "more than one line", err)
				      : 0;
}
