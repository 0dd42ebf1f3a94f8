#pragma once

/*
 * The flags of a command line that set one key, and the line with them taken out or changed.
 * Everything else on the line stays as it is. A flag is its text as the line could have it:
 * "--icc=false", or "--log-level debug" when its value stands apart.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/format/daemon-keys.h"

/* Where a line stands tells what in it is not what it says. */
enum flag_line {
	LINE_OF_COMMAND, /* ExecStart=: a program comes first; systemd puts in $VARIABLES and %specifiers */
	LINE_OF_ENVIRONMENT, /* a variable in Environment=: %specifiers */
	LINE_OF_FILE, /* a variable in a file of variables: it is what it says */
};

/*
 * Appends the flags in the line that set the key. -ENOTSUP where one cannot be changed without changing
 * what is not the key's: it shares a word with other flags, or systemd puts in a part of it.
 */
int flags_find(const char *line, enum flag_line kind, const struct daemon_key *k, struct strv *ret,
	       struct error *err);

/* The flags that give the key this value (JSON text); none for NULL or an empty list. */
void flags_make(const struct daemon_key *k, const char *value, struct strv *ret);

/* The value (JSON text) that flags give the key together; NULL: none. The caller frees it. */
char *flags_value(const struct strv *flags, const char *key);

/*
 * The line without the key's flags and with the `new` ones; -ENOTSUP also where the new ones would be
 * read as other words.
 */
int flags_replace(const char *line, enum flag_line kind, const struct daemon_key *k,
		  const struct strv *new, char **ret_line, struct error *err);
