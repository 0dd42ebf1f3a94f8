#pragma once

/*
 * The flags of a command line that set one key, and the line with them taken out or changed.
 * Everything else on the line stays as it is. A flag is its text as the line could have it:
 * "--icc=false", or "--log-level debug" when its value stands apart.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/format/daemon-keys.h"

/* Appends the flags in the line that set the key. */
int flags_find(const char *line, const struct daemon_key *k, struct strv *ret, struct error *err);

/* The flags that give the key this value (JSON text); none for NULL or an empty list. */
void flags_make(const struct daemon_key *k, const char *value, struct strv *ret);

/* The value (JSON text) that flags give the key together; NULL: none. The caller frees it. */
char *flags_value(const struct strv *flags, const char *key);

/* The line without the `old` flags and with the `new` ones; -ENOTSUP when systemd would read other words. */
int flags_replace(const char *line, const struct strv *old, const struct strv *new, char **ret_line,
		  struct error *err);
