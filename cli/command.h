#pragma once

/*
 * Commands: one row of the table in main.c each, one file of cli/ each. A command prints its
 * answer and its errors itself and returns the exit code (exit-codes.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"

struct command {
	const char *name, *alias; /* alias: NULL when there is none */
	const char *args; /* as in the usage line */
	const char *summary;
	int (*run)(const struct options *o);
	uint64_t options; /* OPTION_BIT()s that it takes */
	size_t min_args, max_args;
	bool looks; /* changes nothing, so it runs in the sandbox; as does any --dry-run */
	int (*prepare)(const struct options *o); /* outside of it, beforehand; or NULL */
};

/* Ends with a NULL name. */
extern const struct command commands[];

/* By name or alias; NULL. */
const struct command *command_find(const char *name);

/* Says that there is no such command, and what may have been meant: CODE_USAGE. */
int command_unknown(const char *name);

int command_apply(const struct options *o);
int command_baseline(const struct options *o);
int command_check(const struct options *o);
int command_confirm(const struct options *o);
int command_diff(const struct options *o);
int command_explain(const struct options *o);
int command_facts(const struct options *o);
int command_help(const struct options *o);
int command_history(const struct options *o);
int command_list(const struct options *o);
int command_plan(const struct options *o);
int command_prune(const struct options *o);
int command_recover(const struct options *o);
int command_rollback(const struct options *o);
int command_show(const struct options *o);
int command_status(const struct options *o);
int command_version(const struct options *o);

/* Sees to the file of -o. */
int prepare_plan(const struct options *o);
