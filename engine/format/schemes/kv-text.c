#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/schemes/schemes.h"
#include "engine/format/text-lines.h"

/*
 * kv:KEY in sysctl.d(5) files. When a key's first separator is a slash, slashes separate and
 * dots are part of the names; both spellings are one key. A key that is assigned twice has the
 * last value. Taking a key away takes all its lines.
 */

#define BLANKS " \t\r"

struct kv_line {
	struct text_line line;
	size_t value_start, value_end;
};

/* The spelling with dots of a key. */
static char *dotted(const char *key, size_t n)
{
	char *out = xstrndup(key, n);
	size_t first = strcspn(out, "./");

	if (out[first] != '/')
		return out;
	for (char *c = out; *c; c++) {
		if (*c == '/')
			*c = '.';
		else if (*c == '.')
			*c = '/';
	}
	return out;
}

static bool parse_line(const struct buf *text, const struct text_line *line, const char *key,
		       struct kv_line *ret)
{
	const char *start = text->data + line->start, *end = text->data + line->end;
	const char *equals = memchr(start, '=', (size_t)(end - start));
	CLEANUP(freep) char *name = NULL;
	const char *name_end = equals;

	while (start < end && strchr(BLANKS, *start))
		start++;
	if (!equals || *start == '#' || *start == ';')
		return false;
	if (*start == '-')
		start++;
	while (start < name_end && strchr(BLANKS, *start))
		start++;
	while (name_end > start && strchr(BLANKS, name_end[-1]))
		name_end--;
	name = dotted(start, (size_t)(name_end - start));
	if (strcmp(name, key) != 0)
		return false;
	for (equals++; equals < end && strchr(BLANKS, *equals); equals++)
		;
	while (end > equals && strchr(BLANKS, end[-1]))
		end--;
	ret->line = *line;
	ret->value_start = (size_t)(equals - text->data);
	ret->value_end = (size_t)(end - text->data);
	return true;
}

static bool next_kv(const struct buf *text, size_t *at, const char *key, struct kv_line *ret)
{
	struct text_line line;

	while (text_line_next(text, at, &line))
		if (parse_line(text, &line, key, ret))
			return true;
	return false;
}

static int check(const struct buf *text, const char *key, const char *value, struct error *err)
{
	if (!*key || strpbrk(key, "=#; \t\r\n") || *key == '-')
		return error_set(err, -EINVAL, "not a setting's name: '%s'", key);
	if (value && text_one_line(subject_of(SCHEME_KV, key), value, err) < 0)
		return -EINVAL;
	return text_lines_check(text, err);
}

static bool find_last(const struct buf *text, const char *key, struct kv_line *ret)
{
	size_t at = 0, found = 0;

	while (next_kv(text, &at, key, ret))
		found++;
	return found > 0;
}

int kv_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err)
{
	CLEANUP(freep) char *name = dotted(key, strlen(key));
	struct kv_line line;
	int r = check(text, key, NULL, err);

	if (r < 0 || !find_last(text, name, &line))
		return r;
	*ret_value = xstrndup(text->data + line.value_start, line.value_end - line.value_start);
	return 1;
}

static void remove_all(struct buf *text, const char *name)
{
	struct kv_line line;
	size_t at = 0;

	while (next_kv(text, &at, name, &line)) {
		text_line_set(text, &line.line, NULL);
		at = line.line.start;
	}
}

int kv_text_set(struct buf *text, const char *key, const char *value, struct error *err)
{
	CLEANUP(freep) char *name = dotted(key, strlen(key));
	/* blanks around a value would not be read back: each setting of it would add them anew */
	CLEANUP(freep) char *wanted = value ? trim(value, BLANKS) : NULL;
	CLEANUP(freep) char *added = NULL;
	struct kv_line line;
	int r = check(text, key, value, err);

	if (r < 0)
		return r;
	if (!value) {
		remove_all(text, name);
	} else if (find_last(text, name, &line)) {
		buf_splice(text, line.value_start, line.value_end - line.value_start, wanted,
			   strlen(wanted));
	} else {
		added = xasprintf("%s = %s", key, wanted);
		text_line_insert(text, text->len, added);
	}
	return 0;
}

/* White space between the numbers of a value does not count: the kernel writes tabs. */
bool kv_text_same(const char *a, const char *b)
{
	for (;;) {
		a += strspn(a, BLANKS);
		b += strspn(b, BLANKS);
		if (!*a || !*b)
			return !*a && !*b;
		while (*a && !strchr(BLANKS, *a) && *a == *b) {
			a++;
			b++;
		}
		if ((*a && !strchr(BLANKS, *a)) || (*b && !strchr(BLANKS, *b)))
			return false;
	}
}
