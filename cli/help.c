/* harden help: all from the tables of commands and options. */

#include "cli/command.h"
#include "cli/exit-codes.h"
#include "cli/message.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

#define COLUMN_COMMAND_HELP 14
#define COLUMN_OPTION_HELP 38

/* The caller frees it. */
static char *summary_of(const struct command *c)
{
	return xasprintf("%s%s%s%s", c->summary, c->alias ? " (also: " : "",
			 c->alias ? c->alias : "", c->alias ? ")" : "");
}

static void put_command(struct buf *b, const struct style *s, const struct command *c)
{
	CLEANUP(freep) char *summary = summary_of(c);

	buf_printf(b, "  %s", c->name);
	pad_to(b, 2 + text_width(c->name), COLUMN_COMMAND_HELP, 1);
	fit_text(b, s, COLUMN_COMMAND_HELP, summary);
}

/* "  -o, --out=FILE", "      --dry-run, --noop, --what-if" */
static void put_option(struct buf *b, const struct style *s, const struct option_info *info)
{
	CLEANUP(strv_clear) struct strv also = {0};
	CLEANUP(buf_clear) struct buf name = {0};

	if (info->letter)
		buf_printf(&name, "  -%c, --%s", info->letter, info->name);
	else
		buf_printf(&name, "      --%s", info->name);
	if (info->also)
		strv_split(&also, info->also, ",");
	for (size_t i = 0; i < also.count; i++)
		buf_printf(&name, ", --%s", also.items[i]);
	if (info->value)
		buf_printf(&name, info->value_may_lack ? "[=%s]" : "=%s", info->value);
	buf_append(b, name.data, name.len);
	pad_to(b, text_width(name.data), COLUMN_OPTION_HELP, 1);
	wrap_text(b, s, COLUMN_OPTION_HELP, info->help);
}

static void put_options(struct buf *b, const struct style *s, uint64_t accepted)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (accepted & OPTION_BIT(i))
			put_option(b, s, option_info((enum option_id)i));
}

static void put_all(struct buf *b, const struct style *s)
{
	buf_puts(b, "Usage: harden COMMAND [OPTION...]\n\n"
		    "Plans, applies and rolls back the hardening of a Docker host.\n\nCommands:\n");
	for (const struct command *c = commands; c->name; c++)
		put_command(b, s, c);
	buf_puts(b, "\nOptions (harden help COMMAND: which it takes):\n");
	put_options(b, s, UINT64_MAX);
	buf_putc(b, '\n');
	wrap_text(b, s, 0,
		  "Exit codes: 0 done, 1 error, 2 differences, 3 put back, 4 needs a person, 5 "
		  "refused, 6 waits to be confirmed, 64 usage, 75 locked, 77 needs root. See "
		  "harden(1).");
}

static void put_one(struct buf *b, const struct style *s, const struct command *c)
{
	CLEANUP(freep) char *summary = summary_of(c);

	buf_printf(b, "Usage: harden %s [OPTION...]%s%s\n\n", c->name, *c->args ? " " : "",
		   c->args);
	fit_text(b, s, 0, summary);
	buf_puts(b, "\nOptions:\n");
	put_options(b, s, c->options);
}

static json_t *option_to_json(const struct option_info *info)
{
	json_t *j = json_object();

	json_put(j, "name", json_text(info->name));
	json_put(j, "also", json_text(info->also));
	json_put(j, "letter", info->letter ? json_stringn(&info->letter, 1) : json_null());
	json_put(j, "value", json_text(info->value));
	json_put(j, "value_may_lack", json_boolean(info->value_may_lack));
	json_put(j, "help", json_text(info->help));
	return j;
}

static json_t *command_to_json(const struct command *c)
{
	json_t *j = json_object(), *options = json_array();

	json_put(j, "name", json_text(c->name));
	json_put(j, "alias", json_text(c->alias));
	json_put(j, "arguments", json_text(c->args));
	json_put(j, "summary", json_text(c->summary));
	for (int i = 0; i < OPTION_COUNT; i++)
		if (c->options & OPTION_BIT(i))
			json_array_append_new(options,
					      json_string(option_info((enum option_id)i)->name));
	json_put(j, "options", options);
	return j;
}

static int print_json(void)
{
	json_t *answer = json_answer("help"), *all = json_array(), *options = json_array();

	for (const struct command *c = commands; c->name; c++)
		json_array_append_new(all, command_to_json(c));
	for (int i = 0; i < OPTION_COUNT; i++)
		json_array_append_new(options, option_to_json(option_info((enum option_id)i)));
	json_put(answer, "commands", all);
	json_put(answer, "options", options);
	return json_write(answer);
}

/* "harden help plan", "harden plan --help", "harden help", "harden --help" */
int command_help(const struct options *o)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);
	const struct command *c = o->command ? command_find(o->command) : NULL;

	if (c && c->run == command_help && o->args.count) {
		c = command_find(o->args.items[0]);
		if (!c)
			return command_unknown(o->args.items[0]);
	} else if (c && c->run == command_help) {
		c = NULL;
	}
	if (o->format == FORMAT_JSON)
		return print_json();
	if (c)
		put_one(&b, &s, c);
	else
		put_all(&b, &s);
	return terminal_write(&b);
}
