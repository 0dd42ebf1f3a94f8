#include "cli/message.h"

#include <stdarg.h>
#include <unistd.h>

#include "cli/outlet.h"
#include "cli/report/escape.h"
#include "cli/report/style.h"
#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/strv.h"
#include "engine/format/secret.h"

static struct strv said;
static struct error failure; /* the last that fail() said */
static size_t failed, refused; /* 1-based places in `said`; 0: none */

const struct strv *messages(void)
{
	return &said;
}

const char *message_of_error(void)
{
	size_t at = failed ? failed : refused ? refused : 1;

	return said.count ? said.items[at - 1] : NULL;
}

const struct error *error_that_failed(void)
{
	return &failure;
}

static void say(const char *text)
{
	CLEANUP(buf_clear) struct buf line = {0};
	CLEANUP(freep) char *shown = secret_hide(text);

	buf_puts(&line, "harden: ");
	strv_add(&said, shown);
	escape_text(&line, shown, style_locale_is_utf8());
	buf_putc(&line, '\n');
	outlet_write(STDERR_FILENO, line.data, line.len);
}

PRINTF_LIKE(1, 0) static void vsay(const char *fmt, va_list ap)
{
	CLEANUP(freep) char *text = xvasprintf(fmt, ap);

	say(text);
}

void message(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
	if (!refused)
		refused = said.count;
}

void remark(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

int fail(int code, struct error *err)
{
	message("%s", error_text(err));
	failed = said.count;
	error_move(&failure, err);
	return code;
}
