#include "cli/message.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/report/escape.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/strv.h"
#include "engine/format/secret.h"

static struct strv said;

const struct strv *messages(void)
{
	return &said;
}

void message(const char *fmt, ...)
{
	CLEANUP(buf_clear) struct buf line = {0};
	CLEANUP(freep) char *text = NULL, *shown = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	buf_puts(&line, "harden: ");
	shown = secret_hide(text);
	strv_add(&said, shown);
	escape_text(&line, shown, terminal_is_utf8());
	buf_putc(&line, '\n');
	fwrite(line.data, 1, line.len, stderr);
}

int fail(int code, struct error *err)
{
	message("%s", error_text(err));
	error_clear(err);
	return code;
}
