#pragma once

/*
 * What stands in place of a secret value: its digest where it is kept, and a mark with the first
 * signs of it where it is shown.
 */

#include <stdbool.h>
#include <stddef.h>

#define SECRET_HIDDEN "(hidden)"

/*
 * What is shown in place of a secret value where two may be compared, before and after:
 * "(hidden, sha256 ab12...)", with one sign for the dots where UTF-8 can be shown. Of a value, or of
 * its secret_digest(). The caller frees it; NULL for NULL.
 */
char *secret_mark(const char *value, bool utf8);

/*
 * What stands for a value where it must not be kept: its digest, JSON by its meaning. The caller
 * frees it.
 */
char *secret_digest(const char *value);
bool secret_is_digest(const char *value);

/* How long what already stands in place of a secret is; 0: nothing does there. */
size_t secret_mark_length(const char *at);
