#include "modules/daemon/args.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-args.h"
#include "engine/format/schemes/json-text.h"
#include "modules/daemon/value.h"

struct line {
	struct strv words;
	struct daemon_args args;
};

static void line_clear(struct line *l)
{
	strv_clear(&l->words);
	daemon_args_clear(&l->args);
}

static bool is_of(const struct daemon_arg *a, const struct daemon_key *k)
{
	return strcmp(a->name, k->key) == 0;
}

/* What systemd puts something else in the place of, in such a line (systemd.service(5)). */
static const char *put_in(enum flag_line kind)
{
	static const char *const all[] = {
		[LINE_OF_COMMAND] = "$%", [LINE_OF_ENVIRONMENT] = "%", [LINE_OF_FILE] = ""};

	return all[kind];
}

static int check_found(const struct line *l, const struct daemon_arg *a, enum flag_line kind,
		       struct error *err)
{
	CLEANUP(freep) char *text = daemon_arg_text(a, &l->words);

	if (a->shares)
		return error_set(err, -ENOTSUP,
				 "'%s' holds several flags in one word: each has to be written by "
				 "itself",
				 text);
	if (strpbrk(text, put_in(kind)))
		return error_set(err, -ENOTSUP, "systemd puts in a part of '%s'", text);
	return 0;
}

static int read_line(const char *line, enum flag_line kind, const struct daemon_key *k,
		     struct line *ret, struct error *err)
{
	int r = command_line_split(line, &ret->words, err);

	if (r < 0)
		return r;
	daemon_args_read(&ret->words,
			 kind == LINE_OF_COMMAND ? command_line_arguments(&ret->words) : 0,
			 &ret->args);
	for (size_t i = 0; r == 0 && i < ret->args.count; i++)
		if (is_of(&ret->args.items[i], k))
			r = check_found(ret, &ret->args.items[i], kind, err);
	return r;
}

int flags_find(const char *line, enum flag_line kind, const struct daemon_key *k, struct strv *ret,
	       struct error *err)
{
	CLEANUP(line_clear) struct line l = {0};
	int r = read_line(line, kind, k, &l, err);

	for (size_t i = 0; r == 0 && i < l.args.count; i++)
		if (is_of(&l.args.items[i], k))
			strv_add_owned(ret, daemon_arg_text(&l.args.items[i], &l.words));
	return r;
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

/* In unit files % and $ mean something else than themselves, in a file of variables quotes end. */
static int check_new(const struct strv *new, enum flag_line kind, struct error *err)
{
	for (size_t i = 0; i < new->count; i++)
		if (strpbrk(new->items[i], kind == LINE_OF_FILE ? "%$\"" : "%$"))
			return error_set(err, -ENOTSUP, "'%s' cannot be written as a flag",
					 new->items[i]);
	return 0;
}

/* Behind the last word; blanks at the end were never part of one. */
static char *append_flags(const char *line, const struct strv *new)
{
	CLEANUP(buf_clear) struct buf out = {0};

	buf_puts(&out, line);
	while (out.len && strchr(" \t", out.data[out.len - 1]))
		buf_splice(&out, out.len - 1, 1, NULL, 0);
	for (size_t i = 0; i < new->count; i++)
		buf_printf(&out, "%s%s", out.len ? " " : "", new->items[i]);
	return xstrdup(buf_str(&out));
}

/* From the last to the first, so that the places of those before stay what they are. */
static char *replace_all(const struct line *l, const char *line, const struct daemon_key *k,
			 const char *to)
{
	char *now = xstrdup(line);

	for (size_t i = l->args.count; i-- > 0;) {
		const struct daemon_arg *a = &l->args.items[i];
		CLEANUP(freep) char *before = now;

		now = is_of(a, k) ? command_line_replace(before, a->at, a->count, to)
				  : xstrdup(before);
	}
	return now;
}

static size_t count_of(const struct line *l, const struct daemon_key *k)
{
	size_t n = 0;

	for (size_t i = 0; i < l->args.count; i++)
		n += is_of(&l->args.items[i], k);
	return n;
}

/* The flags of all other keys, as they are read. */
static void others_of(const struct line *l, const struct daemon_key *k, struct strv *ret)
{
	for (size_t i = 0; i < l->args.count; i++) {
		const struct daemon_arg *a = &l->args.items[i];

		if (is_of(a, k))
			continue;
		strv_add(ret, a->name);
		strv_add(ret, a->value ? a->value : "");
	}
}

/*
 * The new line is read again: what was taken out may have stood between a flag and a word that now
 * becomes its value, and what was put behind may be one itself, or stand behind "--".
 */
static int check_result(const struct line *before, const char *after, enum flag_line kind,
			const struct daemon_key *k, size_t wanted, struct error *err)
{
	CLEANUP(line_clear) struct line l = {0};
	CLEANUP(strv_clear) struct strv were = {0}, are = {0};
	int r = read_line(after, kind, k, &l, err);

	if (r < 0)
		return r;
	others_of(before, k, &were);
	others_of(&l, k, &are);
	if (!strv_equal(&were, &are) || count_of(&l, k) != wanted)
		return error_set(
			err, -ENOTSUP,
			"the flags of %s cannot be changed by themselves: their line would "
			"be read otherwise",
			k->key);
	return 0;
}

/* One flag for one flag goes where the old one was, others to the end of the line. */
int flags_replace(const char *line, enum flag_line kind, const struct daemon_key *k,
		  const struct strv *new, char **ret_line, struct error *err)
{
	CLEANUP(line_clear) struct line l = {0};
	CLEANUP(freep) char *left = NULL, *after = NULL;
	int r = read_line(line, kind, k, &l, err);
	bool in_place = new->count == 1 && count_of(&l, k) == 1;

	if (r == 0)
		r = check_new(new, kind, err);
	if (r < 0)
		return r;
	left = replace_all(&l, line, k, in_place ? new->items[0] : NULL);
	after = in_place ? TAKE_PTR(left) : append_flags(left, new);
	r = check_result(&l, after, kind, k, new->count, err);
	if (r == 0)
		*ret_line = TAKE_PTR(after);
	return r;
}
