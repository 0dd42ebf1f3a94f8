#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/schemes/schemes.h"
#include "engine/format/secret.h"
#include "engine/format/subject-key.h"
#include "engine/format/text-lines.h"

/* member:GROUP/NAME in group(5) and gshadow(5): names in the last of four fields. */

#define FIELDS 4

struct group_line {
	size_t members; /* where the last field begins */
	size_t end;
};

/* 1: found; 0: no such group. */
static int find_group(const struct buf *text, const char *group, size_t n, struct group_line *ret,
		      struct error *err)
{
	struct text_line line;
	size_t at = 0;

	while (text_line_next(text, &at, &line)) {
		const char *p = text->data + line.start, *end = text->data + line.end;
		size_t fields = 1;

		if (line.end - line.start <= n || memcmp(p, group, n) != 0 || p[n] != ':')
			continue;
		for (const char *c = p; c < end; c++) {
			if (*c != ':')
				continue;
			fields++;
			ret->members = (size_t)(c + 1 - text->data);
		}
		/* the end of another line end, as soon as what is behind it is taken away */
		if (memchr(p, '\r', line.end - line.start))
			return error_set(err, -EBADMSG,
					 "group '%.*s' has a carriage return in its line", (int)n,
					 group);
		if (fields != FIELDS)
			return error_set(err, -EBADMSG, "group '%.*s' has not four fields", (int)n,
					 group);
		ret->end = line.end;
		return 1;
	}
	return 0;
}

/* The name's place in the list; false when it is not in it. */
static bool find_name(const struct buf *text, const struct group_line *g, const char *name,
		      size_t *ret_start)
{
	for (size_t at = g->members; at < g->end;) {
		size_t end = at;

		while (end < g->end && text->data[end] != ',')
			end++;
		if (equals_n(text->data + at, end - at, name)) {
			*ret_start = at;
			return true;
		}
		at = end + 1;
	}
	return false;
}

static int look_up(const struct buf *text, const char *key, struct group_line *ret,
		   const char **ret_name, struct error *err)
{
	CLEANUP(freep) char *group = NULL;
	int r;

	if (!subject_key_split(key, &group, ret_name) || strpbrk(key, ":,\r\n"))
		return error_set(err, -EINVAL, "not a group and a name: '%s'", key);
	r = text_lines_check(text, err);
	if (r < 0)
		return r;
	return find_group(text, group, strlen(group), ret, err);
}

int member_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err)
{
	struct group_line group;
	const char *name;
	size_t start;
	int r = look_up(text, key, &group, &name, err);

	if (r <= 0 || !find_name(text, &group, name, &start))
		return r < 0 ? r : 0;
	*ret_value = xstrdup("member");
	return 1;
}

static void add_name(struct buf *text, const struct group_line *g, const char *name)
{
	CLEANUP(buf_clear) struct buf piece = {0};

	if (g->end > g->members)
		buf_putc(&piece, ',');
	buf_puts(&piece, name);
	buf_splice(text, g->end, 0, piece.data, piece.len);
}

/* With the comma before it, or behind the first one. */
static void remove_name(struct buf *text, struct group_line *g, const char *name)
{
	size_t start, len = strlen(name);

	while (find_name(text, g, name, &start)) {
		size_t n = len;

		if (start > g->members) {
			start--;
			n++;
		} else if (start + len < g->end) {
			n++;
		}
		buf_splice(text, start, n, NULL, 0);
		g->end -= n;
	}
}

int member_text_set(struct buf *text, const char *key, const char *value, struct error *err)
{
	struct group_line group;
	const char *name;
	size_t start;
	int r;

	if (value && strcmp(value, "member") != 0)
		return secret_refuse(subject_of(SCHEME_MEMBER, key), value, "not 'member'", err);
	r = look_up(text, key, &group, &name, err);
	if (r < 0)
		return r;
	if (r == 0)
		return value ? error_set(err, -ENOENT, "no group for '%s'", key) : 0;
	if (!value)
		remove_name(text, &group, name);
	else if (!find_name(text, &group, name, &start))
		add_name(text, &group, name);
	return 0;
}
