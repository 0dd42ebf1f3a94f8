#include "engine/format/schemes/json-text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-place.h"
#include "engine/format/secret.h"
#include "engine/format/text-lines.h"

#define DEFAULT_INDENT "  "

/* White space that a line begins with, as `space` ends: what follows its last newline. */
static void append_indent(const struct buf *text, size_t start, size_t end, struct buf *out)
{
	const char *newline = memrchr(text->data + start, '\n', end - start);
	size_t from = newline ? (size_t)(newline - text->data) + 1 : start;

	buf_append(out, text->data + from, end - from);
}

static bool has_newline(const struct buf *text, size_t start, size_t end)
{
	return end > start && memchr(text->data + start, '\n', end - start);
}

/* What the file indents one level with, as its first member shows. */
static void append_unit(const struct buf *text, struct buf *out)
{
	CLEANUP(json_members_clear) struct json_members top = {0};
	struct json_span span = json_scan_top(text);

	if (json_scan_object(text, span, &top) && top.count &&
	    has_newline(text, span.start, top.items[0].key.start))
		append_indent(text, span.start, top.items[0].key.start, out);
	else
		buf_puts(out, DEFAULT_INDENT);
}

/* Between an object's brace and the only key that it gets: as the empty object is laid out. */
static void append_first_gap(const struct buf *text, const struct json_members *o, struct buf *out)
{
	size_t start = o->span.start + 1, end = o->span.end - 1;

	if (!has_newline(text, start, end)) {
		buf_append(out, text->data + start, end - start);
		return;
	}
	buf_puts(out, text_line_end(text));
	append_indent(text, start, end, out);
	append_unit(text, out);
}

/*
 * Between the last value and a new key: a comma, and the white space that stands around the
 * last comma, or before the only key.
 */
static void append_gap(const struct buf *text, const struct json_members *o, struct buf *out)
{
	const struct json_member *last = &o->items[o->count - 1];
	size_t start = o->span.start + 1, end = last->key.start;

	if (o->count > 1) {
		size_t before = last[-1].value.end;
		const char *comma = memchr(text->data + before, ',', end - before);

		start = (size_t)(comma - text->data) + 1;
		buf_append(out, text->data + before, start - 1 - before);
	}
	buf_putc(out, ',');
	if (has_newline(text, start, end)) {
		buf_puts(out, text_line_end(text));
		append_indent(text, start, end, out);
	} else if (o->count > 1) {
		buf_append(out, text->data + start, end - start);
	} else if (last->value.start > last->key.end + 1) {
		buf_putc(out, ' '); /* not a minified file */
	}
}

/* A key, and what stands between key and value in this object. */
static void append_key(const struct buf *text, const struct json_members *o, const char *key,
		       struct buf *out)
{
	CLEANUP(freep) char *quoted = json_value_from_string(key);
	const struct json_member *last = o->count ? &o->items[o->count - 1] : NULL;

	buf_puts(out, quoted);
	if (last && !has_newline(text, last->key.end, last->value.start))
		buf_append(out, text->data + last->key.end, last->value.start - last->key.end);
	else
		buf_puts(out, ": ");
}

/* The value that the first missing step gets: objects around it for the steps behind. */
static void append_value(const struct strv *steps, size_t from, const char *value, struct buf *out)
{
	for (size_t i = from; i < steps->count; i++) {
		CLEANUP(freep) char *quoted = json_value_from_string(steps->items[i]);

		buf_printf(out, "{%s: ", quoted);
	}
	json_scan_compact(value, strlen(value), out);
	for (size_t i = from; i < steps->count; i++)
		buf_putc(out, '}');
}

static void add_member(struct buf *text, const struct json_place *p, const char *value)
{
	CLEANUP(buf_clear) struct buf piece = {0};
	const struct json_members *o = &p->parent;
	size_t at = o->count ? o->items[o->count - 1].value.end : o->span.start + 1;

	if (o->count)
		append_gap(text, o, &piece);
	else
		append_first_gap(text, o, &piece);
	append_key(text, o, p->steps.items[p->done], &piece);
	append_value(&p->steps, p->done + 1, value, &piece);
	buf_splice(text, at, 0, piece.data, piece.len);
}

static void new_text(struct buf *text, const struct strv *steps, const char *value)
{
	CLEANUP(freep) char *key = json_value_from_string(steps->items[0]);
	const char *end = text_line_end(text);
	struct buf out = {0};

	buf_append(&out, text->data, json_scan_mark(text));
	buf_printf(&out, "{%s" DEFAULT_INDENT "%s: ", end, key);
	append_value(steps, 1, value, &out);
	buf_printf(&out, "%s}%s", end, end);
	buf_clear(text);
	*text = out;
}

/* A member goes with the comma before it; the first one with the comma behind it. */
static void remove_member(struct buf *text, const struct json_place *p)
{
	const struct json_members *o = &p->parent;
	const struct json_member *m = &o->items[p->member];
	size_t start = o->span.start + 1, end = m->value.end;

	if (p->member > 0) {
		start = m[-1].value.end;
	} else if (o->count > 1) {
		start = m->key.start;
		end = m[1].key.start;
	}
	buf_splice(text, start, end - start, NULL, 0);
}

static void replace_value(struct buf *text, const struct json_place *p, const char *value)
{
	CLEANUP(buf_clear) struct buf out = {0};
	size_t len = p->value.end - p->value.start;
	CLEANUP(freep) char *old = xstrndup(text->data + p->value.start, len);

	if (json_value_same(old, value))
		return;
	json_scan_compact(value, strlen(value), &out);
	buf_splice(text, p->value.start, len, out.data, out.len);
}

int json_text_set(struct buf *text, const char *pointer, const char *value, struct error *err)
{
	CLEANUP(json_place_clear) struct json_place p = {0};
	int r = json_place_find(text, pointer, &p, err);

	if (r < 0)
		return r;
	if (p.steps.count == 0)
		return error_set(err, -EINVAL, "the top level cannot be set as a whole");
	if (value && !json_value_type(value))
		return secret_refuse(subject_of(SCHEME_JSON, pointer), value, "not a JSON value",
				     err);
	if (p.done == p.steps.count) {
		if (value)
			replace_value(text, &p, value);
		else
			remove_member(text, &p);
		return 0;
	}
	if (!value)
		return 0;
	if (json_is_blank(text))
		new_text(text, &p.steps, value);
	else if (p.blocked)
		return error_set(err, -EINVAL, "what '%s' would stand in is not an object",
				 pointer);
	else
		add_member(text, &p, value);
	return 0;
}
