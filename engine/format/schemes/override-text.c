#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/schemes/schemes.h"
#include "engine/format/secret.h"
#include "engine/format/text-lines.h"

/*
 * override:PATH in dpkg's list of owners and modes that are not the packages' own
 * (dpkg-statoverride(1)): a line is "USER GROUP MODE PATH", and the value the first three.
 */

#define FIELDS 3

static int check_path(const struct buf *text, const char *path, struct error *err)
{
	if (path[0] != '/' || strpbrk(path, "\r\n"))
		return error_set(err, -EINVAL, "no path for an override: '%s'", path);
	return text_lines_check(text, err);
}

/* Where the path begins in a line; NULL when it has too few fields. */
static const char *path_of(const char *line, size_t n)
{
	const char *at = line, *end = line + n;

	for (int field = 0; field < FIELDS; field++) {
		at = memchr(at, ' ', (size_t)(end - at));
		if (!at)
			return NULL;
		at++;
	}
	return at;
}

/* The line of that path; the last one counts. */
static bool find_line(const struct buf *text, const char *path, struct text_line *ret)
{
	struct text_line line;
	size_t at = 0, n = strlen(path);
	bool found = false;

	while (text_line_next(text, &at, &line)) {
		const char *start = text->data + line.start;
		const char *have = path_of(start, line.end - line.start);

		if (!have || (size_t)(text->data + line.end - have) != n ||
		    memcmp(have, path, n) != 0)
			continue;
		*ret = line;
		found = true;
	}
	return found;
}

int override_text_get(const struct buf *text, const char *path, char **ret_value, struct error *err)
{
	struct text_line line;
	const char *start;
	int r = check_path(text, path, err);

	if (r < 0)
		return r;
	if (!find_line(text, path, &line))
		return 0;
	start = text->data + line.start;
	*ret_value = xstrndup(start, (size_t)(path_of(start, line.end - line.start) - start - 1));
	return 1;
}

int override_text_set(struct buf *text, const char *path, const char *value, struct error *err)
{
	const struct subject subject = subject_of(SCHEME_OVERRIDE, path);
	CLEANUP(freep) char *whole = value ? xasprintf("%s %s", value, path) : NULL;
	struct text_line line;
	int r = check_path(text, path, err);

	if (r == 0 && value)
		r = text_one_line(subject, value, err);
	if (r < 0)
		return r;
	if (whole && path_of(whole, strlen(whole)) != whole + strlen(value) + 1)
		return secret_refuse(subject, value, "an override wants a user, a group and a mode",
				     err);
	if (find_line(text, path, &line))
		text_line_set(text, &line, whole);
	else if (whole)
		text_line_insert(text, text->len, whole);
	return 0;
}
