#pragma once

/*
 * The simple commands in a piece of shell, as far as one can tell without running it: split at
 * operators, lines, parentheses and back quotes, words with their quotes taken off. Variables stay as
 * they are. What a shell would refuse is split somehow too: this is for looking, not for running.
 */

#include <stddef.h>

#include "engine/base/strv.h"

struct shell_commands {
	struct strv *items; /* each has at least one word */
	size_t count;
};

void shell_split(const char *text, struct shell_commands *ret);
void shell_commands_clear(struct shell_commands *c);

/*
 * Where the program's name stands: behind assignments, words of the shell (if, then, !, ...) and
 * programs that run others (sudo, env, exec, ...) with their options. c->count: there is none.
 */
size_t shell_program(const struct strv *command);

/* The name without its directories; "" when there is none. Points into the command. */
const char *shell_program_name(const struct strv *command);
