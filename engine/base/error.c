#include "engine/base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

static void put_text(struct error *err, int code, char *text)
{
	free(err->text);
	err->text = text;
	err->code = code;
}

/* Another error is there: nobody is blamed for it yet, and it is about no path. */
static void put_new(struct error *err, int code, char *text)
{
	put_text(err, code, text);
	free(err->control);
	free(err->path);
	err->control = err->path = NULL;
}

/* A failure without a reason is a mistake of ours; "Success" would be an untruth besides. */
const char *error_reason(int code)
{
	return code ? strerror(code < 0 ? -code : code) : "no reason is known";
}

static char *with_reason(char *what, int code)
{
	char *text = xasprintf("%s: %s", what, error_reason(code));

	free(what);
	return text;
}

/* `path`: what it is about, NULL where that is none; `reason`: the code's own words go behind. */
PRINTF_LIKE(5, 0)
static void fill(struct error *err, int code, const char *path, bool reason, const char *fmt,
		 va_list ap)
{
	char *text;

	if (!err)
		return;
	text = xvasprintf(fmt, ap);
	put_new(err, code, reason ? with_reason(text, code) : text);
	error_about(err, code, path);
}

int error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, NULL, false, fmt, ap);
	va_end(ap);
	return code;
}

int error_set_at(struct error *err, int code, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, path, false, fmt, ap);
	va_end(ap);
	return code;
}

int error_errno(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, NULL, true, fmt, ap);
	va_end(ap);
	return code;
}

int error_errno_at(struct error *err, int code, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, path, true, fmt, ap);
	va_end(ap);
	return code;
}

int error_wrap(struct error *err, int code, const char *fmt, ...)
{
	CLEANUP(freep) char *prefix = NULL;
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	prefix = xvasprintf(fmt, ap);
	va_end(ap);
	put_text(err, code,
		 xasprintf("%s: %s", prefix, err->text ? err->text : error_reason(code)));
	return code;
}

int error_blame(struct error *err, int code, const char *control)
{
	if (err && !err->control)
		err->control = xstrdup_null(control);
	return code;
}

int error_about(struct error *err, int code, const char *path)
{
	if (err && !err->path)
		err->path = xstrdup_null(path);
	return code;
}

const char *error_text(const struct error *err)
{
	return err->text ? err->text : error_reason(err->code);
}

void error_move(struct error *to, struct error *from)
{
	if (to) {
		put_new(to, from->code, from->text);
		to->control = from->control;
		to->path = from->path;
		*from = (struct error){0};
	} else {
		error_clear(from);
	}
}

void error_clear(struct error *err)
{
	if (!err)
		return;
	free(err->text);
	free(err->control);
	free(err->path);
	*err = (struct error){0};
}
