#pragma once

/*
 * The options that select the same again, for a command line that is shown to a person: of this run, and of a
 * saved plan, which was selected on a command line that is forgotten.
 */

#include "cli/context.h"
#include "cli/options.h"
#include "engine/model/plan.h"

/* Adds "--NAME VALUE" of each value, quoted where a shell would read it otherwise. */
void add_each(struct strv *words, enum option_id id, const struct strv *values);

/* All that this run was given of it, and "--skip A,B" of those to be left out. The caller frees it. */
char *reselect_without(const struct context *c, const struct strv *out);

/*
 * "--baseline FILE --level 2 --only A,B --ack A": what was planned and acknowledged, but for the control
 * `without` (NULL: all). The baselines are those of `o`, which a run of the plan has to be given. The
 * caller frees it.
 */
char *reselect(const struct options *o, const struct plan *saved, const char *without);
