#include "engine/host/ask/bus-command.h"

#include <string.h>

#include "engine/base/buf.h"

static void quote_word(struct buf *out, const char *word)
{
	bool quotes = !*word || strpbrk(word, " \t\r\n'\"\\;") != NULL;

	if (quotes)
		buf_putc(out, '"');
	for (const char *p = word; *p; p++) {
		if (*p == '\n')
			buf_puts(out, "\\n");
		else if (*p == '"' || *p == '\\')
			buf_printf(out, "\\%c", *p);
		else if (*p == '%')
			buf_puts(out, "%%");
		else
			buf_putc(out, *p);
	}
	if (quotes)
		buf_putc(out, '"');
}

static void put_prefixes(struct buf *out, const struct strv *flags)
{
	static const struct {
		const char *flag, *prefix;
	} prefixes[] = {{"ignore-failure", "-"},
			{"no-env-expand", ":"},
			{"privileged", "+"},
			{"no-setuid", "!"},
			{"ambient", "!!"}};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strv_contains(flags, prefixes[i].flag))
			buf_puts(out, prefixes[i].prefix);
}

char *bus_command_line(const char *program, const struct strv *argv, const struct strv *flags)
{
	bool renamed = argv->count && strcmp(argv->items[0], program) != 0;
	struct buf out = {0};

	put_prefixes(&out, flags);
	if (renamed)
		buf_putc(&out, '@');
	quote_word(&out, program);
	for (size_t i = renamed ? 0 : 1; i < argv->count; i++) {
		buf_putc(&out, ' ');
		quote_word(&out, argv->items[i]);
	}
	return buf_take(&out);
}
