#include "cli/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/exit-codes.h"
#include "cli/language.h"
#include "cli/message.h"
#include "cli/outlet.h"
#include "engine/base/alloc.h"
#include "engine/format/secret.h"

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static bool wants_color(enum color_choice choice)
{
	const char *term = getenv("TERM"), *force = getenv("CLICOLOR_FORCE");

	if (choice != COLOR_AUTO)
		return choice == COLOR_ALWAYS;
	if (is_set("NO_COLOR"))
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* Of the terminal on stdout; where there is none every answer is as wide. */
static size_t columns(void)
{
	struct winsize size = {0};

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ||
	    size.ws_col == 0)
		return STYLE_WIDTH;
	if (size.ws_col < STYLE_LEAST)
		return STYLE_LEAST;
	return size.ws_col > STYLE_MOST ? STYLE_MOST : size.ws_col;
}

struct style terminal_style(const struct options *o)
{
	return (struct style){
		.color = wants_color((enum color_choice)o->color),
		.utf8 = style_locale_is_utf8() || o->lang,
		.verbose = o->verbose,
		.quiet = o->quiet,
		.width = columns(),
		.language = language_of(o),
	};
}

bool terminal_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool terminal_ask(const char *question)
{
	CLEANUP(freep) char *line = NULL, *text = NULL;
	size_t size = 0;
	ssize_t n;

	text = xasprintf("%s [y/N] ", question);
	outlet_write(STDERR_FILENO, text, strlen(text));
	outlet_flush();
	n = getline(&line, &size, stdin);
	if (n > 0 && line[n - 1] == '\n')
		line[n - 1] = '\0';
	return n > 0 && (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
}

bool terminal_shows_progress(void)
{
	return isatty(STDERR_FILENO);
}

static size_t progress_width; /* columns that are to be overwritten */

static void overwrite_progress(const char *text)
{
	CLEANUP(freep) char *line = NULL;
	size_t width = strlen(text);
	int rest = width < progress_width ? (int)(progress_width - width) : 0;

	line = xasprintf("\r%s%*s%s", text, rest, "", width ? "" : "\r");
	outlet_try(STDERR_FILENO, line, strlen(line));
	progress_width = width;
}

void terminal_progress(const char *fmt, ...)
{
	CLEANUP(freep) char *text = NULL;
	va_list ap;

	if (!terminal_shows_progress())
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	overwrite_progress(text);
}

void terminal_progress_end(void)
{
	if (progress_width)
		overwrite_progress("");
}

int terminal_write(const struct buf *text)
{
	CLEANUP(buf_clear) struct buf shown = {0};
	CLEANUP(freep) char *hidden = secret_hide(buf_str(text));

	buf_puts(&shown, hidden);
	return terminal_write_raw(&shown);
}

static bool answered;

bool terminal_has_answered(void)
{
	return answered;
}

static bool about_host;

void terminal_code_is_hosts(void)
{
	about_host = true;
}

static int code_of(int r)
{
	static bool told;

	if (r >= 0 || r == -EPIPE)
		return CODE_OK; /* whoever reads has seen enough: "| head" */
	if (!told)
		message("cannot write to stdout: %s", error_reason(-r));
	told = true;
	return about_host ? CODE_OK : CODE_ERROR;
}

int terminal_end(int code)
{
	int flushed = code_of(outlet_flush());

	return code != CODE_OK ? code : flushed;
}

int terminal_write_raw(const struct buf *text)
{
	answered |= text->len > 0;
	return code_of(text->len ? outlet_write(STDOUT_FILENO, text->data, text->len) : 0);
}
