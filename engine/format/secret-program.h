#pragma once

/*
 * Which words of a command name the program whose options stand behind them: the first one, and where that runs
 * others (docker exec, sudo, sh -c) any behind it. A word that is an argument of another program names none.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/strv.h"
#include "engine/format/secret-option.h"

struct secret_words {
	const struct strv *command; /* must outlive this */
	size_t first; /* where the first program's name stands; command->count: there is none */
	bool behind; /* it runs others */
};

struct secret_words secret_words(const struct strv *command);

/* Where word i names a program that is known it goes to ret, which is asked word by word; else ret stays. */
void secret_take_program(const struct secret_words *words, size_t i, struct secret_program *ret);
