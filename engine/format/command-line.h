#pragma once

/*
 * Command lines as systemd writes them in ExecStart= (systemd.service(5), quoting and escapes):
 * to words and back, so that a flag can be taken out or changed and all else stays.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"

/*
 * Words of a line, quotes and escapes resolved; prefixes of the program (-, @, +, !) stay on the
 * first word; $VARIABLES and %specifiers stay as they are. -EINVAL for a quote that is not closed.
 */
int command_line_split(const char *line, struct strv *ret, struct error *err);

/*
 * Where the program's arguments begin among the words of a line: behind the program, and with its prefix
 * '@' behind the name that it is given as its own (argv[0]), too. At most the number of words.
 */
size_t command_line_arguments(const struct strv *words);

/*
 * Appends the words that "$NAME" alone on such a line becomes where the variable has this value: quotes are
 * taken away there, too, but a backslash takes the next byte as it is, within all quotes, and what is open at the
 * end is closed.
 */
void command_line_split_value(const char *value, struct strv *ret);

/*
 * The last word that begins with `prefix`, of a line or of several: 1, the word with its quotes
 * resolved (the caller frees it), and the bytes of the text that write it. 0: there is none.
 */
int command_line_find(const char *text, const char *prefix, char **ret_word, size_t *ret_start,
		      size_t *ret_end);

/* One word as it has to be written to be read back as that word; the caller frees it. */
char *command_line_quote(const char *word);

/*
 * The line with `count` of its words, from the one at `at` on, replaced by the text `to` (NULL: taken
 * out), everything else as it was. Words are told by their place, since the text of one may stand in
 * another's. The line comes back unchanged where it has no such words, or cannot be split. The
 * caller frees it.
 */
char *command_line_replace(const char *line, size_t at, size_t count, const char *to);
