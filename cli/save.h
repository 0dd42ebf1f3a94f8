#pragma once

/*
 * Saving a plan: written beside its place under a name of its own, 0600, and only then given
 * its name, so that no failure leaves half a file or none where one was. Links are never followed.
 *
 * A command that locks itself in (confine.h) can give no names any more. save_start() leaves a
 * child outside, which can do nothing but save_file() under that one name; save_finish() hands it
 * the text. A child that gets none, or not all, ends and leaves nothing.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

/* -EEXIST when the file is there and `replace` is not set. */
int save_file(const char *path, const struct buf *text, bool replace, struct error *err);

/* The same refusal beforehand, so that nobody waits for a plan that cannot be saved. */
int save_check(const char *path, bool replace, struct error *err);

/* Once in a process. */
int save_start(const char *path, bool replace, struct error *err);

/* As save_file(), by the child. */
int save_finish(const struct buf *text, struct error *err);
