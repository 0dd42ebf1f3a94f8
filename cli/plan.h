#pragma once

/* What `plan` shares with `apply` and `show`. All say their own errors and return exit codes. */

#include <stdbool.h>

#include "cli/context.h"

#define PLAN_MAX_BYTES (64U << 20)

/* Reads a saved plan; CODE_REFUSED when the file is not to be trusted. */
int plan_load(const char *path, struct plan *ret);

/*
 * Reads a saved plan into the context, gathers the facts and brings both together: CODE_REFUSED
 * when it was made on another host, or the host is no longer as it was then.
 */
int plan_load_for_host(struct context *c, const char *path);

/* The checks before apply, fresh; CODE_REFUSED when one forbids the plan. */
/* CODE_REFUSED, and said, where a finding forbids any apply: a config file that is broken. */
int plan_check_blocks(const struct context *c);

int plan_check(struct context *c);

/* Header and plan as text; `saved`: it was saved to --out. */
int plan_print(const struct context *c, bool saved);

/* The plan and its numbers as JSON, the answer of `command`. */
int plan_print_json(const struct context *c, const char *command);
