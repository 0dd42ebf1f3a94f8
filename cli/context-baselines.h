#pragma once

/* The step of context.h that loads what is wanted of the host. */

#include "cli/context.h"

/*
 * --baseline, or the built-in one, with the site's files laid over it; then --only, --skip and --ack
 * are held against the ids. The root is opened where it is not open yet.
 */
int context_baselines(struct context *c);

/*
 * All of --baseline, or the built-in one: an error where the same is given twice, or two of them have the
 * same id. What was loaded is the caller's, also where it fails. Both are filled; ret_count starts at 0.
 */
int baselines_load(const struct options *o, struct baseline **ret, size_t *ret_count);

/* One baseline, with its parts, by NAME or FILE. */
int baseline_load(const char *name, const struct options *o, struct baseline *ret);
