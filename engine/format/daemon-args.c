#include "engine/format/daemon-args.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"

struct walk {
	const struct strv *args;
	size_t at;
	struct daemon_args *ret;
};

static const char *next_word(struct walk *w)
{
	return w->at + 1 < w->args->count ? w->args->items[++w->at] : NULL;
}

static bool is_boolean(const struct daemon_key *k)
{
	return k && strcmp(k->type, "boolean") == 0;
}

static struct daemon_arg *add(struct walk *w, const struct daemon_key *k, const char *name)
{
	struct daemon_arg *a = array_append(&w->ret->items, &w->ret->count, sizeof(*w->ret->items));

	a->key = k;
	a->name = xstrdup(k ? k->key : name);
	a->at = w->at;
	a->count = 1;
	return a;
}

/* The next word is its value, if there is one. */
static void take_next(struct walk *w, struct daemon_arg *a)
{
	a->value = xstrdup_null(next_word(w));
	a->count += a->value != NULL;
}

/* A flag nobody knows has a value when a word without dash follows: dockerd takes no others. */
static bool takes_next(const struct walk *w, const struct daemon_key *k)
{
	if (k)
		return !is_boolean(k);
	return w->at + 1 < w->args->count && w->args->items[w->at + 1][0] != '-';
}

static void take_long(struct walk *w)
{
	const char *word = w->args->items[w->at] + 2;
	const char *equals = strchr(word, '=');
	CLEANUP(freep) char *name = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
	const struct daemon_key *k = daemon_key_find_flag(name);
	struct daemon_arg *a = add(w, k, name);

	if (equals)
		a->value = xstrdup(equals + 1);
	else if (takes_next(w, k))
		take_next(w, a);
}

/* -D, -Dl debug, -ldebug, -l=debug: booleans may stand together, the last may take a value. */
static void take_short(struct walk *w)
{
	const char *word = w->args->items[w->at];
	size_t first = w->ret->count;

	for (const char *c = word + 1; *c; c++) {
		const struct daemon_key *k = daemon_key_find_short(*c);
		const char name[2] = {*c, '\0'};
		struct daemon_arg *a = add(w, k, name);
		bool valued = k && !is_boolean(k);

		if (c[1] == '=')
			a->value = xstrdup(c + 2);
		else if (valued && c[1])
			a->value = xstrdup(c + 1);
		else if (valued)
			take_next(w, a);
		if (a->value)
			break;
	}
	for (size_t i = first; w->ret->count - first > 1 && i < w->ret->count; i++)
		w->ret->items[i].shares = true;
}

void daemon_args_read(const struct strv *args, size_t from, struct daemon_args *ret)
{
	struct walk w = {.args = args, .at = from, .ret = ret};

	for (; w.at < args->count; w.at++) {
		const char *word = args->items[w.at];

		if (strcmp(word, "--") == 0)
			break;
		if (starts_with(word, "--"))
			take_long(&w);
		else if (word[0] == '-' && word[1])
			take_short(&w);
	}
	ret->end = w.at;
}

void daemon_args_clear(struct daemon_args *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free(a->items[i].name);
		free(a->items[i].value);
	}
	free(a->items);
	*a = (struct daemon_args){0};
}

char *daemon_arg_text(const struct daemon_arg *a, const struct strv *args)
{
	CLEANUP(strv_clear) struct strv quoted = {0};

	for (size_t i = 0; i < a->count; i++)
		strv_add_owned(&quoted, command_line_quote(args->items[a->at + i]));
	return strv_join(&quoted, " ");
}
