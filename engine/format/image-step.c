#include "engine/format/image-step.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define NOP "#(nop)"
#define BUILDKIT_MARK "# buildkit"

static const struct instruction {
	const char *name;
	enum step_kind kind;
} instructions[] = {
	{"ADD", STEP_ADD},          {"ARG", STEP_ARG},           {"CMD", STEP_OTHER},
	{"COPY", STEP_OTHER},       {"ENTRYPOINT", STEP_OTHER},  {"ENV", STEP_ENV},
	{"EXPOSE", STEP_OTHER},     {"HEALTHCHECK", STEP_OTHER}, {"LABEL", STEP_LABEL},
	{"MAINTAINER", STEP_OTHER}, {"ONBUILD", STEP_OTHER},     {"RUN", STEP_RUN},
	{"SHELL", STEP_OTHER},      {"STOPSIGNAL", STEP_OTHER},  {"USER", STEP_OTHER},
	{"VOLUME", STEP_OTHER},     {"WORKDIR", STEP_OTHER},
};

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* The instruction that the text begins with, and what is behind it; NULL: none. */
static const struct instruction *find_instruction(const char *text, const char **ret_rest)
{
	size_t n = strcspn(text, " \t");

	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		if (!equals_n(text, n, instructions[i].name))
			continue;
		*ret_rest = skip_blanks(text + n);
		return &instructions[i];
	}
	return NULL;
}

/* Without what BuildKit puts behind each line, and blanks. */
static char *without_mark(const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	if (ends_with_n(text, n, BUILDKIT_MARK))
		n -= strlen(BUILDKIT_MARK);
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	return xstrndup(text, n);
}

/* "NAME=": how an argument, or a label, begins. */
static bool begins_argument(const char *s)
{
	const char *start = s;

	while (isalnum((unsigned char)*s) || (*s && strchr("_.-/", *s)))
		s++;
	return s > start && *s == '=';
}

/*
 * Where the argument at s ends. Values stand there without quotes: one with blanks goes on to
 * the next argument, the last one to the program, which begins with a slash.
 */
static const char *end_of_argument(const char *s, bool last)
{
	for (;;) {
		s += strcspn(s, " ");
		if (!*s || (!last && begins_argument(s + 1)) || (last && s[1] == '/'))
			return s;
		s++;
	}
}

/* "|2 A=b C=d e /bin/sh -c make": puts the arguments away and returns what is behind them. */
static const char *take_build_args(const char *text, struct strv *ret)
{
	char *rest;
	unsigned long n;

	if (*text != '|' || !isdigit((unsigned char)text[1]))
		return text;
	n = strtoul(text + 1, &rest, 10);
	text = skip_blanks(rest);
	for (unsigned long i = 0; i < n && begins_argument(text); i++) {
		const char *end = end_of_argument(text, i + 1 == n);

		strv_add_n(ret, text, (size_t)(end - text));
		text = skip_blanks(end);
	}
	return text;
}

static bool is_shell(const char *word, size_t n)
{
	return ends_with_n(word, n, "sh");
}

/* Behind "/bin/bash -o pipefail -c "; NULL: the text does not begin with a shell that runs text. */
static const char *behind_shell(const char *text)
{
	size_t n = strcspn(text, " ");
	const char *s = text + n;

	if (!is_shell(text, n))
		return NULL;
	for (int options = 0; options < 8 && *s; options++) {
		s = skip_blanks(s);
		n = strcspn(s, " ");
		if (n >= 2 && *s == '-' && s[n - 1] == 'c')
			return skip_blanks(s + n);
		s += n;
	}
	return NULL;
}

static void take_run(const char *text, struct step *ret)
{
	const char *rest = take_build_args(text, &ret->build_args);
	const char *script = behind_shell(rest);

	ret->kind = STEP_RUN;
	ret->text = without_mark(script ? script : rest);
}

/* The classic builder writes what makes no layer as a comment for the shell. */
static const char *behind_nop(const char *text)
{
	const char *nop = strstr(text, NOP);
	const char *line = strchr(text, '\n');

	if (!nop || (line && line < nop))
		return NULL;
	return skip_blanks(nop + strlen(NOP));
}

void step_parse(const char *created_by, struct step *ret)
{
	const char *nop = behind_nop(created_by), *rest = NULL;
	const struct instruction *found = find_instruction(nop ? nop : created_by, &rest);

	if (found && found->kind == STEP_RUN) {
		take_run(rest, ret);
	} else if (found) {
		ret->kind = found->kind;
		ret->text = without_mark(rest);
	} else if (nop || !*created_by || *created_by == '#') {
		ret->kind = STEP_OTHER;
		ret->text = xstrdup(nop ? nop : created_by);
	} else if (*created_by == '|' || behind_shell(created_by)) {
		take_run(created_by, ret);
	} else {
		ret->kind = STEP_BARE;
		ret->text = xstrdup(created_by);
	}
}

void step_pairs(const char *text, struct strv *ret)
{
	for (text = skip_blanks(text); *text;) {
		const char *end = text + strcspn(text, " \t");

		while (*end && !begins_argument(end + 1))
			end += 1 + strcspn(end + 1, " \t");
		strv_add_n(ret, text, (size_t)(end - text));
		text = skip_blanks(end);
	}
}

void step_clear(struct step *s)
{
	free(s->text);
	strv_clear(&s->build_args);
	*s = (struct step){0};
}
