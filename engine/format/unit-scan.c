#include "engine/format/unit-scan.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define BLANKS " \t"

void unit_scan_clear(struct unit_scan *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->items[i].value);
	free(s->items);
	*s = (struct unit_scan){0};
}

static bool is_comment(const char *line)
{
	return *line == '#' || *line == ';';
}

/* Whether a line goes on: an odd number of backslashes at its end. */
static bool is_continued(const struct buf *line)
{
	size_t n = 0;

	while (n < line->len && line->data[line->len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* A statement's first line: blanks in front of it do not count. */
static void append_first(const struct buf *text, const struct text_line *line, struct buf *out)
{
	const char *start = text->data + line->start, *end = text->data + line->end;

	while (start < end && strchr(BLANKS, *start))
		start++;
	buf_append(out, start, (size_t)(end - start));
}

/*
 * The next line that is no comment, behind the words, with the blanks that it begins with: they count in a value
 * that is quoted. false at the end of the text.
 */
static bool append_continuation(const struct buf *text, size_t *at, struct text_line *all,
				struct buf *words)
{
	struct text_line line;
	size_t before = words->len;

	while (text_line_next(text, at, &line)) {
		all->end = line.end;
		all->next = line.next;
		buf_append(words, text->data + line.start, line.end - line.start);
		if (!is_comment(words->data + before + strspn(words->data + before, BLANKS)))
			return true;
		buf_splice(words, before, words->len - before, NULL, 0);
	}
	return false;
}

/*
 * The next statement: a line with those that continue it. A backslash at a line's end becomes
 * a blank; comments between continued lines are skipped.
 */
static bool next_statement(const struct buf *text, size_t *at, struct text_line *ret,
			   struct buf *ret_words, bool *ret_unfinished)
{
	if (!text_line_next(text, at, ret))
		return false;
	ret_words->len = 0;
	append_first(text, ret, ret_words);
	while (!is_comment(ret_words->data) && is_continued(ret_words)) {
		ret_words->data[ret_words->len - 1] = ' ';
		*ret_unfinished = !append_continuation(text, at, ret, ret_words);
		if (*ret_unfinished)
			break;
	}
	return true;
}

static bool is_section(const char *words, const char *name)
{
	return skip_key(words + 1, name, ']') != NULL;
}

static size_t line_number(const struct buf *text, size_t at)
{
	size_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += text->data[i] == '\n';
	return n;
}

static bool unit_section_ends(const char *words, size_t n)
{
	while (n > 0 && strchr(BLANKS "\r", words[n - 1]))
		n--;
	return n > 0 && words[n - 1] == ']';
}

/* The value in "KEY = value", or NULL when the words assign another key. */
static const char *value_of(const char *words, const char *key)
{
	words = skip_prefix(words, key);
	if (!words)
		return NULL;
	words += strspn(words, BLANKS);
	return *words == '=' ? words + 1 : NULL;
}

/* Behind the first "=" of a statement; one in a comment between its lines is none. */
static size_t find_value(const struct buf *text, const struct text_line *lines)
{
	struct text_line line;
	size_t at = lines->start;

	while (at < lines->end && text_line_next(text, &at, &line)) {
		const char *start = text->data + line.start, *end = text->data + line.end, *equals;

		while (start < end && strchr(BLANKS, *start))
			start++;
		equals = is_comment(start) ? NULL : memchr(start, '=', (size_t)(end - start));
		if (equals)
			return (size_t)(equals - text->data) + 1;
	}
	return lines->end;
}

static void add_assignment(const struct buf *text, const struct text_line *lines, const char *value,
			   struct unit_scan *s)
{
	struct unit_assignment *a = array_append(&s->items, &s->count, sizeof(*s->items));

	a->lines = *lines;
	a->value = trim(value, BLANKS);
	a->value_start = find_value(text, lines);
	while (a->value_start < lines->end && strchr(BLANKS, text->data[a->value_start]))
		a->value_start++;
}

void unit_scan(const struct buf *text, const char *section, const char *key, struct unit_scan *ret)
{
	CLEANUP(buf_clear) struct buf words = {0};
	struct text_line lines;
	size_t at = 0;
	bool inside = false;

	while (next_statement(text, &at, &lines, &words, &ret->unfinished)) {
		/* a first line of nothing but a backslash leaves a blank */
		const char *value, *start = buf_str(&words) + strspn(buf_str(&words), BLANKS);

		if (!*start || is_comment(start))
			continue;
		if (*start == '[' && !unit_section_ends(start, strlen(start))) {
			ret->cut = line_number(text, lines.start);
			break;
		}
		if (*start == '[') {
			inside = is_section(start, section);
			ret->has_section |= inside;
		}
		if (!inside)
			continue;
		ret->section_end = lines.next;
		value = value_of(start, key);
		if (value)
			add_assignment(text, &lines, value, ret);
	}
}

bool unit_has_section(const struct buf *text, const char *section)
{
	CLEANUP(unit_scan_clear) struct unit_scan scan = {0};

	unit_scan(text, section, "", &scan);
	return scan.has_section;
}

/* The section's last heading with nothing below; *ret_filled: one of them has something below. */
static bool find_empty(const struct buf *text, const char *section, struct text_line *ret,
		       bool *ret_filled)
{
	struct text_line line;
	size_t at = 0;
	bool inside = false, found = false;

	*ret_filled = false;
	while (text_line_next(text, &at, &line)) {
		CLEANUP(freep) char *words = text_line_copy(text, &line);

		if (*words == '[') {
			inside = is_section(words, section);
			found |= inside;
			if (inside)
				*ret = line;
		} else if (inside && *words) {
			*ret_filled = true;
		}
	}
	return found;
}

/* The line end of the empty line that ends where this one starts, if it is one. */
static size_t empty_before(const struct buf *text, size_t start)
{
	struct text_line line, last = {0};
	size_t at = 0;

	while (at < start && text_line_next(text, &at, &line))
		last = line;
	return last.next == start && last.end == last.start ? last.start : start;
}

void unit_drop_empty_section(struct buf *text, const char *section)
{
	struct text_line heading = {0};
	bool filled;

	while (find_empty(text, section, &heading, &filled) && !filled) {
		size_t start = empty_before(text, heading.start);

		buf_splice(text, start, heading.next - start, NULL, 0);
	}
}
