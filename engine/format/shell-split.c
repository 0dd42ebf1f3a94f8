#include "engine/format/shell-split.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/path.h"

struct lexer {
	const char *at;
	struct buf word;
	bool in_word; /* also an empty one: '' */
	struct strv command;
	struct shell_commands *ret;
};

static void end_word(struct lexer *l)
{
	if (l->in_word)
		strv_add_n(&l->command, buf_str(&l->word), l->word.len);
	l->word.len = 0;
	l->in_word = false;
}

static void end_command(struct lexer *l)
{
	end_word(l);
	if (l->command.count == 0)
		return;
	*(struct strv *)array_append(&l->ret->items, &l->ret->count, sizeof(struct strv)) =
		l->command;
	l->command = (struct strv){0};
}

static void put(struct lexer *l, char c)
{
	buf_putc(&l->word, c);
	l->in_word = true;
}

/* At the backslash; one before the end of a line joins the lines. */
static void take_escape(struct lexer *l)
{
	l->at++;
	if (*l->at == '\n')
		l->at++;
	else if (*l->at)
		put(l, *l->at++);
}

/*
 * At the quote. Double quotes let a backslash through, save before those of `escapes`; of what it may stand for
 * in $'...' only the sign itself is told.
 */
static void take_quoted(struct lexer *l, char quote, const char *escapes)
{
	l->in_word = true;
	for (l->at++; *l->at && *l->at != quote; l->at++) {
		if (*l->at == '\\' && l->at[1] && strchr(escapes, l->at[1]))
			l->at++;
		put(l, *l->at);
	}
	if (*l->at)
		l->at++;
}

static void skip_line(struct lexer *l)
{
	l->at += strcspn(l->at, "\n");
}

static void take_one(struct lexer *l)
{
	char c = *l->at;

	if (c == '\\') {
		take_escape(l);
	} else if (c == '\'' || c == '"') {
		take_quoted(l, c, c == '"' ? "\\\"$`\n" : "");
	} else if (c == '$' && l->at[1] == '\'') {
		l->at++;
		take_quoted(l, '\'', "\\'\"?");
	} else if (c == '$' && l->at[1] == '"') {
		l->at++; /* a text that may be translated */
	} else if (c == '#' && !l->in_word) {
		skip_line(l);
	} else if (c == '$' && l->at[1] == '{') { /* ${...} is a part of its word */
		size_t n = strcspn(l->at, "}\n");

		buf_append(&l->word, l->at, n);
		l->in_word = true;
		l->at += n;
	} else if (strchr(";&|\n()`", c)) {
		end_command(l);
		l->at++;
	} else if (strchr(" \t\r", c)) {
		end_word(l);
		l->at++;
	} else {
		put(l, c);
		l->at++;
	}
}

void shell_split(const char *text, struct shell_commands *ret)
{
	struct lexer l = {.at = text, .ret = ret};

	while (*l.at)
		take_one(&l);
	end_command(&l);
	buf_clear(&l.word);
}

void shell_commands_clear(struct shell_commands *c)
{
	for (size_t i = 0; i < c->count; i++)
		strv_clear(&c->items[i]);
	free(c->items);
	*c = (struct shell_commands){0};
}

static bool is_assignment(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && word[n] == '=';
}

static bool runs_others(const char *word)
{
	static const char *const names[] = {
		"if",   "then", "else", "elif",    "do",  "while", "until",     "!",    "{",
		"time", "exec", "sudo", "command", "env", "nohup", "eatmydata", "nice", "doas",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(path_name(word), names[i]) == 0)
			return true;
	return false;
}

size_t shell_program(const struct strv *command)
{
	bool after_other = false;
	size_t i = 0;

	for (; i < command->count; i++) {
		const char *word = command->items[i];

		if (is_assignment(word) || (after_other && *word == '-'))
			continue;
		if (!runs_others(word))
			break;
		after_other = true;
	}
	return i;
}

const char *shell_program_name(const struct strv *command)
{
	size_t at = shell_program(command);

	return at < command->count ? path_name(command->items[at]) : "";
}
