#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/format/schemes/schemes.h"
#include "engine/format/secret.h"
#include "engine/format/text-lines.h"

/*
 * entry:KEY in colon-separated databases. subuid(5) and subgid(5) may have several lines of a
 * key; the value then is all of them, one a line.
 */

static int check_key(const struct buf *text, const char *key, struct error *err)
{
	if (!*key || strpbrk(key, ":\r\n"))
		return error_set(err, -EINVAL, "not an entry's name: '%s'", key);
	return text_lines_check(text, err);
}

static bool has_key(const char *line, size_t len, const char *key)
{
	size_t n = strlen(key);

	return len > n && memcmp(line, key, n) == 0 && line[n] == ':';
}

/* The next line of that key from *at on. */
static bool next_entry(const struct buf *text, size_t *at, const char *key, struct text_line *ret)
{
	while (text_line_next(text, at, ret))
		if (has_key(text->data + ret->start, ret->end - ret->start, key))
			return true;
	return false;
}

int entry_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err)
{
	CLEANUP(buf_clear) struct buf value = {0};
	struct text_line line;
	size_t at = 0, found = 0;
	int r = check_key(text, key, err);

	if (r < 0)
		return r;
	for (; next_entry(text, &at, key, &line); found++) {
		if (found)
			buf_putc(&value, '\n');
		buf_append(&value, text->data + line.start, line.end - line.start);
	}
	if (!found)
		return 0;
	*ret_value = buf_take(&value);
	return 1;
}

static int split_value(const char *key, const char *value, struct strv *ret, struct error *err)
{
	strv_split(ret, value, "\n");
	for (size_t i = 0; i < ret->count; i++)
		if (!has_key(ret->items[i], strlen(ret->items[i]), key) ||
		    strchr(ret->items[i], '\r'))
			return secret_refuse(subject_of(SCHEME_ENTRY, key), ret->items[i],
					     "not an entry of its key", err);
	if (ret->count == 0)
		return error_set(err, -EINVAL, "an empty entry for '%s'", key);
	return 0;
}

int entry_text_set(struct buf *text, const char *key, const char *value, struct error *err)
{
	CLEANUP(strv_clear) struct strv wanted = {0};
	struct text_line line;
	size_t at = 0, done = 0, end;
	int r = check_key(text, key, err);

	if (r == 0 && value)
		r = split_value(key, value, &wanted, err);
	if (r < 0)
		return r;
	end = text->len;
	while (next_entry(text, &at, key, &line)) {
		text_line_set(text, &line, done < wanted.count ? wanted.items[done] : NULL);
		at = line.start;
		if (done < wanted.count)
			text_line_next(text, &at, &line);
		end = at;
		done++;
	}
	for (size_t i = wanted.count; i > done; i--)
		text_line_insert(text, end, wanted.items[i - 1]);
	return 0;
}
