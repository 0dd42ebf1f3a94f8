#pragma once

/* What dockerd takes from its environment, beside its flags and its file. */

#include "engine/facts/parts.h"

/* Whether the environment of a process has it so. */
bool variable_is_set_so(const struct strv *has, const struct variable *v);

/* Whether with another value of it dockerd does not see containers that run on. */
bool variable_moves(const char *name);

/* What a variable of dockerd's environment has a say in, now or at its next start; settings_find(by_variable). */
void find_variables(struct docker_facts *d, const char *name, const char *value);

/*
 * What the next dockerd has otherwise in its environment than the one that runs; `whole`: all of the next one's is
 * known, so that what is not there is no more.
 */
void compare_variables(struct docker_facts *d, const struct environment *next,
		       const struct strv *now, bool whole);

/* The variables that dockerd has, or will have, and what others changed of them. */
void gather_variables(struct gather *g);
