#pragma once

/*
 * Saving a plan: written beside its place under a name of its own, 0600, and only then given
 * its name, so that no failure leaves half a file or none where one was. Links are never followed.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

/* -EEXIST when the file is there and `replace` is not set. */
int save_file(const char *path, const struct buf *text, bool replace, struct error *err);

/* The same refusal beforehand, so that nobody waits for a plan that cannot be saved. */
int save_check(const char *path, bool replace, struct error *err);
