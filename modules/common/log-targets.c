#include "modules/common/log-targets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"

#define HOST_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_%"
#define SELECTOR_CHARS HOST_CHARS "*,;=!"

/* "HOST", or "[ADDRESS]", and nothing behind it but what is in `ends`. */
static void add_host(const char *text, const char *ends, struct strv *ret)
{
	bool bracket = *text == '[';
	size_t n = strspn(text + bracket, bracket ? HOST_CHARS ":" : HOST_CHARS);
	const char *behind = text + bracket + n;

	if (bracket && *behind++ != ']')
		return;
	if (*behind == ':' && !isdigit((unsigned char)behind[1])) /* "@cee:" is none with a port */
		return;
	if (n > 0 && (*behind == '\0' || strchr(ends, *behind)))
		strv_add_n(ret, text + bracket, n);
}

/* All lines but comments, without the blanks at their ends. */
static void lines_of(const char *text, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv all = {0};

	strv_split(&all, text, "\r\n");
	for (size_t i = 0; i < all.count; i++) {
		char *line = trim(all.items[i], " \t");

		if (*line == '#' || *line == ';')
			free(line);
		else
			strv_add_owned(ret, line);
	}
}

/* The quote that is open behind *p, which is in `quote` or in none (0); an escaped sign is passed over. */
static char quote_behind(const char **p, char quote)
{
	if (!quote)
		return **p == '"' || **p == '\'' ? **p : '\0';
	if (quote == '"' && **p == '\\' && (*p)[1])
		++*p;
	else if (**p == quote)
		return '\0';
	return quote;
}

/* Cuts off a comment behind something else: a blank and a # outside quotes. */
static void cut_comment(char *line)
{
	char quote = '\0';

	for (const char *p = line; *p; p++) {
		if (!quote && *p == '#' && p > line && strchr(" \t", p[-1])) {
			line[p - line] = '\0';
			return;
		}
		quote = quote_behind(&p, quote);
	}
}

static char *without_comments(const char *text)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	lines_of(text, &lines);
	for (size_t i = 0; i < lines.count; i++)
		cut_comment(lines.items[i]);
	return strv_join(&lines, "\n");
}

/* What an action may stand behind: a selector, "&" for the one before it, a filter. */
static bool is_filter(const struct strv *words)
{
	const char *first = words->items[0];

	if (words->count == 2)
		return strcmp(first, "&") == 0 || *first == ':' ||
		       (strchr(first, '.') && first[strspn(first, SELECTOR_CHARS)] == '\0');
	return *first == ':' ||
	       (strcmp(first, "if") == 0 && strcmp(words->items[words->count - 2], "then") == 0);
}

static void take_rsyslog_line(char *line, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv words = {0};
	const char *action;

	cut_comment(line);
	strv_split(&words, line, " \t");
	if (words.count == 0 || (words.count > 1 && !is_filter(&words)))
		return; /* an action by itself may stand in { } of a filter */
	action = words.items[words.count - 1];
	if (starts_with(action, ":omrelp:")) {
		add_host(action + strlen(":omrelp:"), ":;", ret);
	} else if (*action == '@') {
		action += strspn(action, "@");
		if (*action == '(' && strchr(action, ')'))
			action = strchr(action, ')') + 1;
		add_host(action, ":;", ret);
	}
}

/* From behind an opening sign to the one that closes it, or to the end; signs in quotes do not count. */
static char *block_of(const char *text, char open, char close)
{
	const char *p = text;
	char quote = '\0';

	for (size_t depth = 1; *p; p++) {
		depth += !quote && *p == open;
		if (!quote && *p == close && --depth == 0)
			break;
		quote = quote_behind(&p, quote);
	}
	return xstrndup(text, (size_t)(p - text));
}

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* The next place where the word stands by itself, in whatever letters; behind it, or NULL. */
static const char *find_word(const char *text, const char *from, const char *word)
{
	for (const char *p = from; (p = strcasestr(p, word)) != NULL; p++)
		if ((p == text || !is_of_name(p[-1])) && !is_of_name(p[strlen(word)]))
			return p + strlen(word);
	return NULL;
}

/* The value of NAME="VALUE" among the parameters, the caller frees it; NULL: there is none. */
static char *parameter(const char *text, const char *name)
{
	const char *p = find_word(text, text, name);

	p = p ? p + strspn(p, " \t\n") : NULL;
	if (!p || *p != '=')
		return NULL;
	p += 1 + strspn(p + 1, " \t\n[");
	return *p == '"' ? xstrndup(p + 1, strcspn(p + 1, "\"")) : NULL;
}

static void take_action(const char *text, struct strv *ret)
{
	CLEANUP(freep) char *type = parameter(text, "type"), *target = parameter(text, "target");

	if (type && target && (strcasecmp(type, "omfwd") == 0 || strcasecmp(type, "omrelp") == 0))
		strv_add(ret, target);
}

void log_targets_rsyslog(const char *text, struct strv *ret)
{
	CLEANUP(freep) char *plain = without_comments(text);
	CLEANUP(strv_clear) struct strv lines = {0};

	lines_of(text, &lines);
	for (size_t i = 0; i < lines.count; i++)
		take_rsyslog_line(lines.items[i], ret);
	for (const char *p = plain; (p = find_word(plain, p, "action")) != NULL;) {
		const char *open = p + strspn(p, " \t\n");
		CLEANUP(freep) char *block = *open == '(' ? block_of(open + 1, '(', ')') : NULL;

		if (block)
			take_action(block, ret);
	}
}

static void take_destination(const char *text, struct strv *ret)
{
	static const char *const drivers[] = {"network", "syslog", "tcp", "tcp6", "udp", "udp6"};

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		for (const char *p = text; (p = find_word(text, p, drivers[i])) != NULL;) {
			const char *open = p + strspn(p, " \t\n");

			if (*open != '(')
				continue;
			open += 1 + strspn(open + 1, " \t\n");
			if ((*open == '"' || *open == '\'') && strchr(open + 1, *open))
				strv_add_n(ret, open + 1,
					   (size_t)(strchr(open + 1, *open) - open) - 1);
			else
				add_host(open, " \t\n)", ret);
		}
}

/* A name, with quotes or without, in the n bytes between blanks; the caller frees it. */
static char *bare_name(const char *text, size_t n)
{
	static const char around[] = " \t\n\"'";

	while (n && strchr(around, *text))
		text++, n--;
	while (n && strchr(around, text[n - 1]))
		n--;
	return xstrndup(text, n);
}

void log_targets_syslog_ng(const char *text, const struct strv *used, struct strv *ret)
{
	CLEANUP(freep) char *plain = without_comments(text);

	for (const char *p = plain; (p = find_word(plain, p, "destination")) != NULL;) {
		const char *open = p + strcspn(p, "{;()");
		CLEANUP(freep) char *name = bare_name(p, (size_t)(open - p));
		CLEANUP(freep) char *block = *open == '{' ? block_of(open + 1, '{', '}') : NULL;

		if (block && (!*name || strv_contains(used, name)))
			take_destination(block, ret);
	}
}

void log_used_syslog_ng(const char *text, struct strv *ret)
{
	CLEANUP(freep) char *plain = without_comments(text);

	for (const char *p = plain; (p = find_word(plain, p, "log")) != NULL;) {
		const char *open = p + strspn(p, " \t\n");
		CLEANUP(freep) char *block = *open == '{' ? block_of(open + 1, '{', '}') : NULL;

		for (const char *d = block; d && (d = find_word(block, d, "destination"));) {
			const char *from = d + strspn(d, " \t\n");
			CLEANUP(freep) char *names = NULL;

			if (*from != '(')
				continue;
			names = block_of(from + 1, '(', ')');
			strv_add_owned(ret, bare_name(names, strlen(names)));
		}
	}
}

void log_included_syslog_ng(const char *text, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	lines_of(text, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		const char *rest = skip_prefix(lines.items[i], "@include");

		if (rest)
			strv_add_owned(ret, bare_name(rest, strlen(rest)));
	}
}

/* The values of "KEY = VALUE" that are not empty. */
static void settings_of(const char *text, const char *key, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	lines_of(text, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i];
		size_t n = strlen(key);

		if (strncasecmp(line, key, n) != 0)
			continue;
		line += n + strspn(line + n, " \t");
		if (*line != '=')
			continue;
		line += 1 + strspn(line + 1, " \t");
		if (*line)
			strv_add(ret, line);
	}
}

void log_targets_upload(const char *text, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv urls = {0};

	settings_of(text, "URL", &urls);
	for (size_t i = 0; i < urls.count; i++) {
		const char *behind = strstr(urls.items[i], "://");

		add_host(behind ? behind + 3 : urls.items[i], ":/", ret);
	}
}

void log_targets_audisp(const char *text, struct strv *ret)
{
	settings_of(text, "remote_server", ret);
}

bool log_setting_is(const char *text, const char *key, const char *value)
{
	CLEANUP(strv_clear) struct strv values = {0};

	settings_of(text, key, &values);
	return values.count > 0 && strcasecmp(values.items[values.count - 1], value) == 0;
}
