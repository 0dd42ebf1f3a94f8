#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-keys.h"

/*
 * A command line as it is shown: the program, flags of dockerd's, and paths. Any other word may be a
 * password: of a wrapper, of a flag that nobody knows, or one that stands alone.
 */

#define HIDDEN "(hidden)"

static bool is_value_next(const struct daemon_key *k)
{
	return k && strcmp(k->type, "boolean") != 0;
}

/* A long flag, "--name" or "--name=value"; whether the next word is its value, and may be shown. */
static char *show_long(const char *word, bool *ret_next)
{
	size_t n = strcspn(word, "=");
	CLEANUP(freep) char *name = xstrndup(word + 2, n - 2);
	const struct daemon_key *k = daemon_key_find_flag(name);

	*ret_next = is_value_next(k) && !word[n];
	return k || !word[n] ? xstrdup(word) : xasprintf("--%s=" HIDDEN, name);
}

/* Short ones, "-D", "-l debug", "-ldebug" or "-Dl debug". */
static char *show_short(const char *word, bool *ret_next)
{
	const struct daemon_key *k = NULL;
	const char *c = word;

	do
		k = daemon_key_find_short(*++c);
	while (k && !is_value_next(k) && c[1] && c[1] != '=');
	*ret_next = is_value_next(k) && !c[1];
	return k || !c[1] ? xstrdup(word) : xasprintf("%.*s" HIDDEN, (int)(c + 1 - word), word);
}

static bool is_harmless(const char *word)
{
	return (word[0] == '/' && !strpbrk(word, "=@ ")) || word[0] == '$' ||
	       strcmp(word, "--") == 0;
}

char *daemon_line_show(const char *line, bool program)
{
	CLEANUP(strv_clear) struct strv words = {0}, shown = {0};
	bool next = program, hidden = false;

	if (!line || command_line_split(line, &words, NULL) < 0)
		return line ? xstrdup(HIDDEN) : NULL;
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];
		CLEANUP(freep) char *is = NULL;

		if (next || is_harmless(word)) {
			is = xstrdup(word);
			next = false;
		} else if (starts_with(word, "--")) {
			is = show_long(word, &next);
		} else if (word[0] == '-' && word[1]) {
			is = show_short(word, &next);
		} else {
			is = xstrdup(HIDDEN);
		}
		hidden |= strcmp(is, word) != 0;
		strv_add_owned(&shown,
			       strcmp(is, word) == 0 ? command_line_quote(is) : xstrdup(is));
	}
	return hidden ? strv_join(&shown, " ") : xstrdup(line);
}

const char *daemon_flag_value_show(const char *key, const char *value)
{
	return !value || daemon_key_find(key) ? value : "\"" HIDDEN "\"";
}
