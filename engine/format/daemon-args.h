#pragma once

/*
 * The flags among dockerd's arguments, one by one, by pflag's rules. Whoever reads flags and whoever
 * changes them walk by this, so that what is changed is what was read.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/strv.h"
#include "engine/format/daemon-keys.h"

struct daemon_arg {
	const struct daemon_key *key; /* NULL: no flag of dockerd's that is known */
	char *name; /* the key's; an unknown flag's own, without dashes */
	char *value; /* NULL: it has none */
	size_t at, count; /* its words among the arguments */
	bool shares; /* its first word has other flags, too: "-Dl debug" is -D and -l debug */
};

struct daemon_args {
	struct daemon_arg *items;
	size_t count;
	size_t end; /* what stands from here on ("--") is no flag */
};

/* From the word `from` on: 1 where the first word is the program. */
void daemon_args_read(const struct strv *args, size_t from, struct daemon_args *ret);
void daemon_args_clear(struct daemon_args *a);

/* The words of one, as a text that splits into them again; the caller frees it. */
char *daemon_arg_text(const struct daemon_arg *a, const struct strv *args);
