#pragma once

/*
 * What --only, --skip and --ack name: globs and aliases become the ids of the context. A name that
 * means nothing, or nothing that could be taken, is a usage error: it would silently select
 * another set of controls than was meant.
 */

#include "cli/context.h"

/* Into c->only, c->skip and c->ack; says its own errors. */
int select_controls(struct context *c);

/* Says that the name, given by `option` or (NULL) as a word, means no control or several of them. */
int no_such_control(const struct context *c, const char *option, const char *name);
