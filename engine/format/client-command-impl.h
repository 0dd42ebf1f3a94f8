#pragma once

/*
 * The options of Docker's clients in front of the verb, as Docker's own parser (pflag) takes them
 * (client-options.c). Only client-command.c and client-options.c include this.
 */

#include "engine/format/client-command.h"

/*
 * The next word that is no option, and what the options before it say; NULL: none. Behind an option
 * that is not known the word may be its value: one that `is_verb` does not know is passed over then.
 */
const char *client_next_word(const struct strv *args, size_t *at, bool (*is_verb)(const char *word),
			     struct client_command *ret);
