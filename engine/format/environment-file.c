#include "engine/format/environment-file.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

#define BLANKS " \t"
#define LINE_ENDS "\n\r"

/* strchr() finds the end of a text in every list. */
static bool is_of(char c, const char *list)
{
	return c && strchr(list, c);
}

/* From behind the opening quote to behind the closing one; nothing is escaped in it. */
static const char *read_single(const char *p, struct buf *out)
{
	size_t n = strcspn(p, "'");

	buf_append(out, p, n);
	return p + n + (p[n] != '\0');
}

/* A backslash counts only before what a shell would escape there, and joins lines. */
static const char *read_double(const char *p, struct buf *out)
{
	for (; *p && *p != '"'; p++) {
		if (*p != '\\') {
			buf_putc(out, *p);
			continue;
		}
		p++;
		if (!*p)
			return p;
		if (!strchr("\"\\`$\n", *p))
			buf_putc(out, '\\');
		if (*p != '\n')
			buf_putc(out, *p);
	}
	return p + (*p != '\0');
}

/* To the end of the line: quotes are bytes like others, white space at the end does not count. */
static const char *read_bare(const char *p, struct buf *out)
{
	size_t keep = out->len;

	for (; *p && !is_of(*p, LINE_ENDS); p++) {
		if (*p == '\\') {
			if (p[1] && !is_of(*++p, LINE_ENDS))
				buf_putc(out, *p);
			keep = out->len; /* what stands before it is not at the end */
		} else {
			buf_putc(out, *p);
			if (!is_of(*p, BLANKS))
				keep = out->len;
		}
	}
	if (out->data)
		out->data[out->len = keep] = '\0';
	return p;
}

/* Quoted parts, and one that is not, which is the last. Returns where the line ends. */
static const char *read_value(const char *p, struct buf *out)
{
	for (p += strspn(p, BLANKS); *p == '"' || *p == '\''; p += strspn(p, BLANKS))
		p = *p == '"' ? read_double(p + 1, out) : read_single(p + 1, out);
	return read_bare(p, out);
}

static const char *skip_comment(const char *p, bool joins)
{
	for (; *p && !is_of(*p, LINE_ENDS); p++) {
		if (*p == '\\' && p[1] && (joins || !is_of(p[1], LINE_ENDS)))
			p++;
	}
	return p;
}

static bool is_utf8(const char *text)
{
	json_t *j = json_string(text);

	json_decref(j);
	return j;
}

static bool all_utf8(const struct strv *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		if (!is_utf8(texts->items[i]))
			return false;
	return true;
}

int environment_file_read(const char *text, bool joins, struct strv *ret_names,
			  struct strv *ret_values)
{
	CLEANUP(strv_clear) struct strv names = {0}, values = {0};

	for (const char *p = text; *(p += strspn(p, BLANKS LINE_ENDS));) {
		CLEANUP(buf_clear) struct buf value = {0};
		size_t n = 1 + strcspn(p + 1, "=" LINE_ENDS); /* of a name, at least one byte */

		if (*p == '#' || *p == ';') {
			p = skip_comment(p, joins);
			continue;
		}
		if (p[n] == '=') {
			size_t name = n;

			while (name && is_of(p[name - 1], BLANKS))
				name--;
			strv_add_owned(&names, xstrndup(p, name));
			p = read_value(p + n + 1, &value);
			strv_add(&values, buf_str(&value));
		} else {
			p += n;
		}
	}
	if (!all_utf8(&names) || !all_utf8(&values))
		return -EILSEQ;
	strv_add_all(ret_names, &names);
	strv_add_all(ret_values, &values);
	return 0;
}

char *environment_file_value(const char *text)
{
	CLEANUP(freep) char *line = xasprintf("A=%s\n", text);
	CLEANUP(strv_clear) struct strv names = {0}, values = {0};

	if (environment_file_read(line, false, &names, &values) < 0 || values.count != 1)
		return NULL;
	return xstrdup(values.items[0]);
}
