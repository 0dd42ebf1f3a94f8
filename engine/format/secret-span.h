#pragma once

/*
 * Where words, quotes and values end in a text of any kind: a command line, JSON, a unit's line, a
 * message. For secret.c and secret-option.c.
 */

#include <stdbool.h>

/* What no address holds, wherever it stands. */
bool ends_word(char c);

bool is_name_char(char c);

/* Where the quotes end that were opened before `at`; nested: in quotes themselves (\"). */
const char *quote_end(const char *at, char quote, bool nested);

/*
 * Behind a value: quoted, in quotes that are themselves within quotes (\"), in brackets, or bare;
 * what ends a bare one beside white space and quotes is in `stops`. Behind its quote: ret_begin.
 */
const char *value_end(const char *at, const char *stops, const char **ret_begin);
