#include "cli/options-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/duration.h"
#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/baseline/nearest.h"
#include "rollback/waiting.h"

char *options_command(const struct options *o, const char *verb)
{
	return o->root ? xasprintf("harden %s --root %s", verb, o->root)
		       : xasprintf("harden %s", verb);
}

void options_clear(struct options *o)
{
	free(o->command);
	strv_clear(&o->args);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		void *field = (char *)o + option_rows[i].offset;

		if (option_rows[i].kind == VALUE_TEXT || option_rows[i].kind == VALUE_PROGRAM)
			free(*(char **)field);
		else if (option_rows[i].kind == VALUE_LIST || option_rows[i].kind == VALUE_FILES)
			strv_clear(field);
	}
	*o = (struct options){0};
}

static int count_parse(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits == 0 || digits > 9 || text[digits] ? -EINVAL : atoi(text);
}

/* The index of word among "a|b|c"; -EINVAL. */
static int choice_parse(const char *choices, const char *word)
{
	struct strv words = {0};
	int found = -EINVAL;

	strv_split(&words, choices, "|");
	for (size_t i = 0; i < words.count; i++)
		if (strcmp(words.items[i], word) == 0)
			found = (int)i;
	strv_clear(&words);
	return found;
}

/* "24h", "10s": as such a time is given */
static int check_wait(const struct option_row *row, int ms, const char *text, struct error *err)
{
	if (ms >= WAIT_LEAST_MS && ms <= WAIT_MOST_MS)
		return 0;
	return error_set(err, -EINVAL, "option '--%s' wants at least %ds and at most %dh, not '%s'",
			 row->info.name, WAIT_LEAST_MS / 1000, WAIT_MOST_MS / 3600000, text);
}

static bool is_time(const struct option_row *row)
{
	return row->kind == VALUE_DURATION || row->kind == VALUE_SPAN || row->kind == VALUE_WAIT;
}

static int put_number(int *field, const struct option_row *row, const char *text, struct error *err)
{
	int value;

	if (is_time(row))
		value = duration_parse(text);
	else if (row->kind == VALUE_COUNT)
		value = count_parse(text);
	else if (row->kind == VALUE_AGE)
		value = age_parse(text);
	else
		value = choice_parse(row->info.value, text);
	if (value < 0 && is_time(row))
		return error_set(err, -EINVAL,
				 "option '--%s' wants a time such as 30s, 500ms or 2m, not '%s'",
				 row->info.name, text);
	if (value < 0 && row->kind == VALUE_AGE)
		return error_set(err, -EINVAL,
				 "option '--%s' wants an age such as 30d, 2w or 12h, not '%s'",
				 row->info.name, text);
	if (value < 0 && row->kind == VALUE_COUNT)
		return error_set(err, -EINVAL, "option '--%s' wants a number, not '%s'",
				 row->info.name, text);
	if (value < 0)
		return error_set(err, -EINVAL, "option '--%s' wants %s, not '%s'", row->info.name,
				 row->info.value, text);
	if (row->kind == VALUE_SPAN && value == 0)
		return error_set(err, -EINVAL, "option '--%s' wants more than no time at all",
				 row->info.name);
	if (row->kind == VALUE_WAIT && check_wait(row, value, text, err) < 0)
		return -EINVAL;
	*field = row->kind == VALUE_LEVEL ? value + 1 : value;
	return 0;
}

static int put_text(char **field, const struct option_row *row, const char *text, struct error *err)
{
	if (row->kind == VALUE_PROGRAM && *text != '/')
		return error_set_at(err, -EINVAL, text,
				    "option '--%s' wants an absolute path, not '%s'",
				    row->info.name, text);
	str_replace(field, text);
	return 0;
}

static bool may_repeat(const struct option_row *row)
{
	return row->kind == VALUE_NONE || row->kind == VALUE_LIST || row->kind == VALUE_FILES;
}

static int put_value(struct options *o, enum option_id id, const char *text, struct error *err)
{
	const struct option_row *row = &option_rows[id];
	void *field = (char *)o + row->offset;

	if (o->given[id] && !may_repeat(row))
		return error_set(err, -EINVAL, "option '--%s' is given twice", row->info.name);
	o->given[id] = true;
	if (text && !*text)
		return error_set(err, -EINVAL, "option '--%s' has an empty value", row->info.name);
	if (!text && row->info.value_may_lack) {
		*(int *)field = WAIT_USUAL_MS;
		return 0;
	}
	switch (row->kind) {
	case VALUE_NONE:
		*(bool *)field = true;
		return 0;
	case VALUE_PROGRAM:
	case VALUE_TEXT:
		return put_text(field, row, text, err);
	case VALUE_LIST:
		if (text[strspn(text, ",")] == '\0')
			return error_set(err, -EINVAL, "option '--%s' has an empty list",
					 row->info.name);
		strv_split(field, text, ",");
		return 0;
	case VALUE_FILES:
		strv_add(field, text);
		return 0;
	case VALUE_CHOICE:
	case VALUE_LEVEL:
	case VALUE_DURATION:
	case VALUE_SPAN:
	case VALUE_WAIT:
	case VALUE_COUNT:
	case VALUE_AGE:
		return put_number(field, row, text, err);
	}
	return -EINVAL;
}

static bool has_name(const struct option_info *info, const char *name, size_t n)
{
	const char *also = info->also;

	if (equals_n(name, n, info->name))
		return true;
	while (also && *also) {
		size_t len = strcspn(also, ",");

		if (len == n && memcmp(also, name, n) == 0)
			return true;
		also += len + (also[len] == ',');
	}
	return false;
}

static int unknown_option(const char *name, struct error *err)
{
	struct nearest near = {.given = name, .sign = "--"};
	CLEANUP(freep) char *hint = NULL;

	for (size_t i = 0; i < OPTION_COUNT; i++)
		nearest_offer(&near, option_rows[i].info.name);
	hint = nearest_hint(&near, NULL);
	return error_set(err, -EINVAL, "unknown option '--%s'%s", name, hint);
}

static int find_long(const char *name, size_t n, struct error *err)
{
	CLEANUP(freep) char *copy = NULL;

	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (has_name(&option_rows[i].info, name, n))
			return (int)i;
	copy = xstrndup(name, n);
	return unknown_option(copy, err);
}

/* The words that are still to be read. */
struct words {
	int argc;
	char **argv;
	int at;
};

static int take_value(const struct words *w, enum option_id id, struct error *err)
{
	if (w->at + 1 >= w->argc)
		return error_set(err, -EINVAL, "option '--%s' wants a value (%s)",
				 option_rows[id].info.name, option_rows[id].info.value);
	return 0;
}

static int parse_long(struct options *o, struct words *w, const char *word, struct error *err)
{
	size_t n = strcspn(word, "=");
	const char *value = word[n] ? word + n + 1 : NULL;
	int id = find_long(word, n, err);
	int r;

	if (id < 0)
		return id;
	if (!option_rows[id].info.value && value)
		return error_set(err, -EINVAL, "option '--%s' takes no value",
				 option_rows[id].info.name);
	if (option_rows[id].info.value && !value && !option_rows[id].info.value_may_lack) {
		r = take_value(w, (enum option_id)id, err);
		if (r < 0)
			return r;
		value = w->argv[++w->at];
	}
	return put_value(o, (enum option_id)id, value, err);
}

static int find_letter(char letter, struct error *err)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (option_rows[i].info.letter && option_rows[i].info.letter == letter)
			return (int)i;
	return error_set(err, -EINVAL, "unknown option '-%c'", letter);
}

/* "-qv", "-oFILE", "-o FILE" */
static int parse_letters(struct options *o, struct words *w, const char *word, struct error *err)
{
	int r = 0;

	for (; *word && r == 0; word++) {
		int id = find_letter(*word, err);

		if (id < 0)
			return id;
		if (!option_rows[id].info.value) {
			r = put_value(o, (enum option_id)id, NULL, err);
			continue;
		}
		if (word[1])
			return put_value(o, (enum option_id)id, word + 1, err);
		r = take_value(w, (enum option_id)id, err);
		if (r < 0)
			return r;
		return put_value(o, (enum option_id)id, w->argv[++w->at], err);
	}
	return r;
}

/* An empty word is a script's variable that nobody set: none of ours is one. */
static int put_word(struct options *o, const char *word, struct error *err)
{
	if (!*word)
		return error_set(err, -EINVAL, "argument %zu is empty",
				 o->command ? o->args.count + 2 : (size_t)1);
	if (o->command)
		strv_add(&o->args, word);
	else
		o->command = xstrdup(word);
	return 0;
}

int options_parse(struct options *o, int argc, char **argv, struct error *err)
{
	struct words w = {.argc = argc, .argv = argv, .at = 1};
	bool ended = false;
	int r = 0;

	o->level = 1;
	o->health_timeout_ms = -1;
	for (; w.at < argc && r == 0; w.at++) {
		const char *word = argv[w.at];

		if (ended || word[0] != '-' || !word[1])
			r = put_word(o, word, err);
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			r = parse_long(o, &w, word + 2, err);
		else
			r = parse_letters(o, &w, word + 1, err);
	}
	if (r == 0 && o->json && o->given[OPT_FORMAT] && o->format != FORMAT_JSON)
		return error_set(err, -EINVAL,
				 "options '--json' and '--format' contradict each other");
	if (o->json)
		o->format = FORMAT_JSON;
	return r;
}

int options_check(const struct options *o, const char *command, uint64_t accepted,
		  struct error *err)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (o->given[i] && !(accepted & OPTION_BIT(i)))
			return error_set(err, -EINVAL, "command '%s' takes no option '--%s'",
					 command, option_rows[i].info.name);
	return 0;
}
