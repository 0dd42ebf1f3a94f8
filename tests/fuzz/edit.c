#include "engine/base/str.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/format/format.h"
#include "tests/subject-text.h"

void fuzz_edit_clear(struct fuzz_edit *e)
{
	free(e->subject);
	free(e->value);
	buf_clear(&e->before);
	buf_clear(&e->after);
	buf_clear(&e->undone);
}

/* Whether `longer` is `text` with bytes put in at one place. */
static bool only_adds(const struct buf *text, const struct buf *longer)
{
	size_t head = 0, tail = 0;

	if (longer->len < text->len)
		return false;
	while (head < text->len && text->data[head] == longer->data[head])
		head++;
	while (tail < text->len &&
	       text->data[text->len - 1 - tail] == longer->data[longer->len - 1 - tail])
		tail++;
	return head + tail >= text->len;
}

/* A value as a line-wise file holds it: no blanks at the ends of its lines, and no empty lines. */
static char *dense(const char *value)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, value, "\n");
	for (size_t i = lines.count; i > 0; i--) {
		char *line = lines.items[i - 1];
		size_t skip = strspn(line, " \t\r"), n = strlen(line);

		while (n > skip && strchr(" \t\r", line[n - 1]))
			n--;
		memmove(line, line + skip, n - skip);
		line[n - skip] = '\0';
		if (!*line)
			strv_remove(&lines, i - 1);
	}
	return strv_join(&lines, "\n");
}

static void check_read_back(const struct fuzz_edit *e)
{
	CLEANUP(freep) char *value = NULL, *got = NULL, *wanted = dense(e->value);
	int r = format_get(&e->after, subj(e->subject), &value, NULL);

	FUZZ_ASSERT(r == 1);
	got = dense(value);
	FUZZ_ASSERT(format_same(subj(e->subject), value, e->value) || strcmp(got, wanted) == 0);
}

static void check_again(const struct fuzz_edit *e)
{
	CLEANUP(buf_clear) struct buf again = {0};

	buf_copy(&again, &e->after);
	FUZZ_ASSERT(format_set(&again, subj(e->subject), e->value, NULL) >= 0);
	FUZZ_ASSERT(buf_equal(&again, &e->after));
}

/* What every line about a key has in it; "" where it has many spellings. The caller frees it. */
static char *mark_of_key(const char *subject)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";
	const char *key = strchr(subject, ':') + 1;

	if (starts_with(subject, "json:") || starts_with(subject, "rule:"))
		return xstrdup(""); /* may be spelt in many ways */
	if (starts_with(subject, "unit:") && strchr(key, '/'))
		key = strchr(key, '/') + 1;
	return xstrndup(key, strspn(key, letters));
}

/* The lines without the mark, without their ends: the last one may have lost or got one. */
static void other_lines(const struct buf *text, const char *mark, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, buf_str(text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *line = lines.items[i];

		for (size_t n = strlen(line); n > 0 && line[n - 1] == '\r'; n--)
			line[n - 1] = '\0';
		if (*line && !strstr(line, mark))
			strv_add(ret, line);
	}
}

/* An edit of a key that is there: all lines without it stay, in their order. */
static void check_other_lines(const struct fuzz_edit *e, const struct buf *edited)
{
	CLEANUP(strv_clear) struct strv before = {0}, after = {0};
	CLEANUP(freep) char *mark = mark_of_key(e->subject);

	if (!*mark || memchr(e->before.data, '\\', e->before.len))
		return; /* a line that is continued is about the key, too */
	other_lines(&e->before, mark, &before);
	other_lines(edited, mark, &after);
	FUZZ_ASSERT(strv_equal(&before, &after));
}

/* Takes the key away from a text; the result must not have it. */
static int take_away(const struct fuzz_edit *e, const struct buf *text, struct buf *ret)
{
	CLEANUP(freep) char *value = NULL;
	int r;

	buf_copy(ret, text);
	r = format_set(ret, subj(e->subject), NULL, NULL);
	if (r < 0)
		FUZZ_ASSERT(buf_equal(ret, text));
	else
		FUZZ_ASSERT(format_get(ret, subj(e->subject), &value, NULL) == 0);
	return r;
}

/* A JSON file of nothing but white space is laid out anew. */
static bool is_blank_json(const struct fuzz_edit *e)
{
	return starts_with(e->subject, "json:") &&
	       strspn(buf_str(&e->before), " \t\r\n") == e->before.len;
}

static void check_set(struct fuzz_edit *e)
{
	check_read_back(e);
	check_again(e);
	FUZZ_ASSERT(take_away(e, &e->after, &e->undone) >= 0);
	if (e->was_there == 1) {
		check_other_lines(e, &e->after);
		check_other_lines(e, &e->undone);
	}
	if (e->was_there == 1 || is_blank_json(e))
		return;
	FUZZ_ASSERT(only_adds(&e->before, &e->after));
	FUZZ_ASSERT(only_adds(&e->before, &e->undone));
}

void fuzz_edit_run(struct fuzz_edit *e, const char *scheme, const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *key = fuzz_line(&data, &size);
	CLEANUP(freep) char *value = NULL;
	CLEANUP(buf_clear) struct buf without = {0};

	e->value = fuzz_line(&data, &size);
	for (char *c = e->value; *c; c++)
		if (*c == 1)
			*c = '\n';
	e->subject = xasprintf("%s:%s", scheme, key);
	fuzz_text(&e->before, data, size);
	buf_copy(&e->after, &e->before);
	e->set = -1;
	e->was_there = format_get(&e->before, subj(e->subject), &value, NULL);
	FUZZ_ASSERT(!format_same(subj(e->subject), value, NULL) || !value);
	if (e->was_there >= 0)
		take_away(e, &e->before, &without);
	if (e->before.len > 0 && e->before.data[e->before.len - 1] == '\r')
		return; /* half a line end: the line put behind completes it */
	e->set = format_set(&e->after, subj(e->subject), e->value, NULL);
	if (e->set < 0)
		FUZZ_ASSERT(buf_equal(&e->after, &e->before));
	else
		check_set(e);
}

void fuzz_edit_check_undone(const struct fuzz_edit *e)
{
	if (e->was_there == 0 && e->set >= 0)
		FUZZ_ASSERT(buf_equal(&e->before, &e->undone));
}
