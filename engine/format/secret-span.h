#pragma once

/*
 * Where words, quotes and values end in a text of any kind: a command line, JSON, a unit's line, a
 * message. For secret.c and secret-option.c.
 */

#include <stdbool.h>
#include <stddef.h>

/* What no address holds, wherever it stands. */
bool ends_word(char c);

bool is_name_char(char c);

/* Where the quotes end that were opened before `at`; nested: in quotes themselves (\"). */
const char *quote_end(const char *at, char quote, bool nested);

bool is_quote(char c);

/*
 * How far a bare value goes on at `at`, with what a backslash escapes; 0: it ends there, at white space or a
 * quote. What a shell would end it at besides (<, >, a backtick) may as well be a part of a secret.
 */
size_t bare_step(const char *at);

/*
 * Behind a word of a shell that goes on behind `end`, the quote that closes a part of it, or a bare part's end
 * (quote 0): 'a'\''b', 'a'"b", a'b'. `end` itself, where it does not.
 */
const char *shell_word_end(const char *end, char quote);

/* The same of what is in quotes from `begin` on: the quote that ends it, where that is one like the first. */
const char *quoted_word_end(const char *begin, char quote);

/*
 * Behind a value: quoted, in quotes that are themselves within quotes (\"), in brackets, or bare;
 * what ends a bare one beside white space and quotes is in `stops`. Behind its quote: ret_begin.
 */
const char *value_end(const char *at, const char *stops, const char **ret_begin);

/*
 * The quote that NAME=VALUE is in as a whole, maybe behind others ("--log-opt=NAME=a b"): what
 * ends the value. 0: it is in none. `nested`: with a backslash before it.
 */
char quote_around(const char *text, const char *name, bool *ret_nested);
