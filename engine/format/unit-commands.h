#pragma once

/*
 * What the commands of a unit do with containers, as far as it can be read: those of a docker client,
 * in a shell's text too. What any other program does nobody can read off its name.
 */

#include "engine/base/strv.h"

struct unit_commands {
	struct strv names; /* of containers that it has a client end or make */
	struct strv projects; /* likewise of compose */
	struct strv places; /* paths that it speaks of */
	struct strv unclear; /* programs, and requests to dockerd, that may end any container */
	bool composes; /* a project that its directory, or one of its places, tells */
	bool here; /* it is the directory's in which it stands: no place of another is given */
};

void unit_commands_clear(struct unit_commands *c);

/*
 * Takes the words of commands, which words ";" part from each other, as bus_commands() has them.
 * Paths that are not absolute are told from `directory` (NULL: not known).
 */
void unit_commands_take(const struct strv *words, const char *directory, struct unit_commands *ret);

/* Likewise of the text of a shell script. */
void unit_commands_take_script(const char *text, const char *directory, struct unit_commands *ret);
