#include "modules/daemon/args.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"
#include "engine/format/schemes/json-text.h"
#include "modules/daemon/value.h"

enum flag_form {
	NOT_THE_FLAG,
	WITH_VALUE, /* --icc=false, -lwarn, --debug */
	VALUE_FOLLOWS, /* --log-level warn */
};

/* By the rules of pflag: a boolean never takes the next word, all others do without "=". */
static enum flag_form flag_form(const char *word, const struct daemon_key *k)
{
	bool boolean = strcmp(k->type, "boolean") == 0;
	const char *name = skip_prefix(word, "--"), *rest = skip_prefix(name, k->flag);

	if (rest && *rest == '=')
		return WITH_VALUE;
	if (rest && *rest == '\0')
		return boolean ? WITH_VALUE : VALUE_FOLLOWS;
	if (k->short_flag && word[0] == '-' && word[1] == k->short_flag)
		return word[2] || boolean ? WITH_VALUE : VALUE_FOLLOWS;
	return NOT_THE_FLAG;
}

/* Words as one text that splits into them again. */
static char *join_words(const char *first, const char *second)
{
	CLEANUP(freep) char *a = command_line_quote(first);
	CLEANUP(freep) char *b = second ? command_line_quote(second) : NULL;

	return b ? xasprintf("%s %s", a, b) : TAKE_PTR(a);
}

int flags_find(const char *line, const struct daemon_key *k, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv words = {0};
	int r = command_line_split(line, &words, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];
		enum flag_form form = flag_form(word, k);
		bool apart = form == VALUE_FOLLOWS && i + 1 < words.count;

		if (form == NOT_THE_FLAG)
			continue;
		strv_add_owned(ret, join_words(word, apart ? words.items[i + 1] : NULL));
		i += apart;
	}
	return 0;
}

char *flags_value(const struct strv *flags, const char *key)
{
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(strv_clear) struct strv keys = {0};
	CLEANUP(strv_clear) struct strv values = {0};

	for (size_t i = 0; i < flags->count; i++)
		command_line_split(flags->items[i], &words, NULL);
	daemon_flags_parse(&words, &keys, &values, NULL);
	for (size_t i = 0; i < keys.count; i++)
		if (strcmp(keys.items[i], key) == 0)
			return xstrdup(values.items[i]);
	return NULL;
}

/* What stands behind "--flag=" for a value that is not a list: strings without their quotes. */
static char *plain(const char *value)
{
	char *text = json_value_to_string(value);

	return text ? text : xstrdup(value);
}

/* NAME=VALUE of a map; a limit is written as NAME=SOFT:HARD. */
static char *map_item(const char *name, const char *value)
{
	CLEANUP(freep) char *soft = json_member(value, "Soft");
	CLEANUP(freep) char *hard = json_member(value, "Hard");
	CLEANUP(freep) char *text = plain(value);

	if (soft && hard)
		return xasprintf("%s=%s:%s", name, soft, hard);
	return xasprintf("%s=%s", name, text);
}

static void add_flag(const struct daemon_key *k, const char *value, struct strv *ret)
{
	CLEANUP(freep) char *word = xasprintf("--%s=%s", k->flag, value);

	strv_add_owned(ret, command_line_quote(word));
}

void flags_make(const struct daemon_key *k, const char *value, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(strv_clear) struct strv values = {0};

	if (!value)
		return;
	json_members(value, &names, &values);
	json_items(value, &values);
	for (size_t i = 0; i < values.count; i++) {
		CLEANUP(freep)
		char *item = names.count ? map_item(names.items[i], values.items[i])
					 : plain(values.items[i]);

		add_flag(k, item, ret);
	}
	if (!json_is(value, "object") && !json_is(value, "array")) {
		CLEANUP(freep) char *text = plain(value);

		add_flag(k, text, ret);
	}
}

/* In unit files % and $ mean something else than themselves (systemd.service(5)). */
static int check_words(const struct strv *new, struct error *err)
{
	for (size_t i = 0; i < new->count; i++)
		if (strpbrk(new->items[i], "%$"))
			return error_set(err, -ENOTSUP, "'%s' cannot be written as a flag",
					 new->items[i]);
	return 0;
}

/* One flag for one flag goes where the old one was, others to the end of the line. */
int flags_replace(const char *line, const struct strv *old, const struct strv *new, char **ret_line,
		  struct error *err)
{
	CLEANUP(freep) char *now = xstrdup(line);
	CLEANUP(buf_clear) struct buf out = {0};
	bool in_place = old->count == 1 && new->count == 1 && !strchr(new->items[0], '"');
	int r = check_words(new, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < old->count; i++) {
		CLEANUP(freep) char *before = now;

		now = command_line_replace(before, old->items[i], in_place ? new->items[0] : NULL);
	}
	buf_puts(&out, now);
	while (out.len && strchr(" \t", out.data[out.len - 1]))
		buf_splice(&out, out.len - 1, 1, NULL, 0);
	for (size_t i = 0; !in_place && i < new->count; i++)
		buf_printf(&out, "%s%s", out.len ? " " : "", new->items[i]);
	*ret_line = buf_take(&out);
	return 0;
}
