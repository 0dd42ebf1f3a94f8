#pragma once

/* What --only of a rollback means. */

#include "cli/context.h"
#include "rollback/history.h"

/* The numbers are those of the built-in baseline; a site's mistakes are no hurdle on the way back. */
void only_load_numbers(const struct context *c, struct baseline *ret);

/* Whether the name means the control: its id, a glob for it, or a number that a benchmark gives it. */
bool only_means(const char *name, const struct baseline *numbers, const char *id);

/* Whether a control that --only means had a part in the transaction; so it is without --only. */
bool only_names_part(const struct context *c, const struct transaction_summary *t);
