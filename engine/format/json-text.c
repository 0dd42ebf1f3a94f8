#include "engine/format/json-text.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-scan.h"
#include "engine/format/json-util.h"
#include "engine/format/text-lines.h"

#define FILE_FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)
#define DEFAULT_INDENT "  "

static bool is_blank_text(const struct buf *text)
{
	size_t mark = json_scan_mark(text);

	return mark + strspn(buf_str(text) + mark, " \t\r\n") == text->len;
}

/* Fills err with the line and column of the byte at `at`, both counted from 1. */
static int refuse_at(const struct buf *text, size_t at, const char *what, struct error *err)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i < at; i++) {
		if (text->data[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	return error_set(err, -EBADMSG, "line %zu, column %zu: %s", line, at - start + 1, what);
}

/*
 * The last texts that were found right: a plan looks at one file, and at the objects in it, for
 * some hundred settings, and to compare them costs a fraction of parsing them.
 */
static struct {
	struct buf texts[16];
	size_t oldest;
} sound;

static bool was_checked(const struct buf *text)
{
	for (size_t i = 0; text->len && i < ARRAY_SIZE(sound.texts); i++)
		if (buf_equal(text, &sound.texts[i]))
			return true;
	return false;
}

static void remember_checked(const struct buf *text)
{
	struct buf *oldest = &sound.texts[sound.oldest++ % ARRAY_SIZE(sound.texts)];

	buf_clear(oldest);
	buf_append(oldest, text->data, text->len);
}

int json_text_check(const struct buf *text, struct error *err)
{
	const char *nul = text->len ? memchr(text->data, '\0', text->len) : NULL;
	size_t mark = json_scan_mark(text);
	json_error_t why;
	bool is_object;
	json_t *j;

	if (was_checked(text))
		return 0;
	if (nul)
		return refuse_at(text, (size_t)(nul - text->data), "a NUL byte", err);
	if (is_blank_text(text))
		return 0;
	j = json_loadb(text->data + mark, text->len - mark, FILE_FLAGS, &why);
	if (!j)
		return json_refused(&why, -EBADMSG, err);
	is_object = json_is_object(j);
	json_decref(j);
	if (!is_object)
		return refuse_at(text, json_scan_top(text).start, "the top level is not an object",
				 err);
	remember_checked(text);
	return 0;
}

/* One step of RFC 6901: ~1 is /, ~0 is ~, nothing else may follow a tilde. */
static char *unescape_token(const char *token, size_t n)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (size_t i = 0; i < n; i++) {
		if (token[i] != '~') {
			buf_putc(&out, token[i]);
			continue;
		}
		if (++i >= n || (token[i] != '0' && token[i] != '1'))
			return NULL;
		buf_putc(&out, token[i] == '0' ? '~' : '/');
	}
	return buf_take(&out);
}

/* A key that JSON can hold: it would be written as another one otherwise. */
static bool is_utf8(const char *s)
{
	CLEANUP(json_decrefp) json_t *j = json_string(s);

	return j != NULL;
}

static int parse_pointer(const char *pointer, struct strv *ret, struct error *err)
{
	const char *at = pointer;

	if ((*at && *at != '/') || !is_utf8(pointer))
		return error_set(err, -EINVAL, "not a JSON pointer: '%s'", pointer);
	while (*at == '/') {
		size_t n = strcspn(++at, "/");
		char *token = unescape_token(at, n);

		if (!token)
			return error_set(err, -EINVAL, "not a JSON pointer: '%s'", pointer);
		strv_add_owned(ret, token);
		at += n;
	}
	return 0;
}

/* Where a pointer leads to: the innermost object that is there, and how many steps remain. */
struct place {
	struct strv steps;
	size_t done; /* steps that were found */
	struct json_members parent; /* object in which the next step is, or would be */
	size_t member; /* of parent, when all steps were found */
	struct json_span value; /* of the last step that was found */
	bool blocked; /* the next step would lead into something that is no object */
};

static void place_clear(struct place *p)
{
	strv_clear(&p->steps);
	json_members_clear(&p->parent);
}

static void walk(const struct buf *text, struct place *p)
{
	p->value = json_scan_top(text);
	while (p->done < p->steps.count) {
		struct json_members o = {0};
		const struct json_member *m;

		if (!json_scan_object(text, p->value, &o)) {
			p->blocked = true;
			return;
		}
		json_members_clear(&p->parent);
		p->parent = o;
		m = json_scan_find(text, &p->parent, p->steps.items[p->done]);
		if (!m)
			return;
		p->member = (size_t)(m - p->parent.items);
		p->value = m->value;
		p->done++;
	}
}

static int find_place(const struct buf *text, const char *pointer, struct place *ret,
		      struct error *err)
{
	int r = parse_pointer(pointer, &ret->steps, err);

	if (r < 0)
		return r;
	r = json_text_check(text, err);
	if (r < 0)
		return r;
	walk(text, ret);
	return 0;
}

int json_text_get(const struct buf *text, const char *pointer, char **ret_value, struct error *err)
{
	CLEANUP(place_clear) struct place p = {0};
	CLEANUP(buf_clear) struct buf value = {0};
	int r = find_place(text, pointer, &p, err);

	if (r < 0)
		return r;
	if (p.done < p.steps.count)
		return 0;
	if (is_blank_text(text))
		buf_puts(&value, "{}");
	else
		json_scan_compact(text->data + p.value.start, p.value.end - p.value.start, &value);
	*ret_value = buf_take(&value);
	return 1;
}

int json_text_keys(const struct buf *text, const char *pointer, struct strv *ret, struct error *err)
{
	CLEANUP(json_members_clear) struct json_members o = {0};
	CLEANUP(place_clear) struct place p = {0};
	int r = find_place(text, pointer, &p, err);

	if (r < 0 || is_blank_text(text))
		return r;
	if (p.done < p.steps.count)
		return error_set(err, -ENOENT, "no '%s' there", pointer);
	if (!json_scan_object(text, p.value, &o))
		return error_set(err, -EINVAL, "'%s' is not an object", pointer);
	for (size_t i = 0; i < o.count; i++)
		strv_add_owned(ret, json_scan_key(text, &o.items[i]));
	return 0;
}

int json_text_owners(const struct buf *text, const char *key, struct strv *ret, struct error *err)
{
	CLEANUP(json_members_clear) struct json_members top = {0};
	int r = json_text_check(text, err);

	if (r < 0 || is_blank_text(text) || !json_scan_object(text, json_scan_top(text), &top))
		return r;
	for (size_t i = 0; i < top.count; i++) {
		CLEANUP(json_members_clear) struct json_members o = {0};

		if (json_scan_object(text, top.items[i].value, &o) && json_scan_find(text, &o, key))
			strv_add_owned(ret, json_scan_key(text, &top.items[i]));
	}
	return 0;
}

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

static void add_member(struct buf *text, const struct place *p, const char *value)
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
static void remove_member(struct buf *text, const struct place *p)
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

static void replace_value(struct buf *text, const struct place *p, const char *value)
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
	CLEANUP(place_clear) struct place p = {0};
	int r = find_place(text, pointer, &p, err);

	if (r < 0)
		return r;
	if (p.steps.count == 0)
		return error_set(err, -EINVAL, "the top level cannot be set as a whole");
	if (value && !json_value_type(value))
		return error_set(err, -EINVAL, "not a JSON value: '%s'", value);
	if (p.done == p.steps.count) {
		if (value)
			replace_value(text, &p, value);
		else
			remove_member(text, &p);
		return 0;
	}
	if (!value)
		return 0;
	if (is_blank_text(text))
		new_text(text, &p.steps, value);
	else if (p.blocked)
		return error_set(err, -EINVAL, "what '%s' would stand in is not an object",
				 pointer);
	else
		add_member(text, &p, value);
	return 0;
}
