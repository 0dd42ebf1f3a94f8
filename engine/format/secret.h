#pragma once

/*
 * What in a text is nobody's business: the user and password in a URL or a proxy's address, and
 * what is assigned to a name that speaks of a secret (secret-name.h). Whatever leaves the program,
 * and what the journal keeps beside its blobs, goes through here. A value that stands apart from
 * its name is shown by secret_show(), through what it belongs to. Keys themselves (TLS) are files
 * that are never read into a text.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/format/secret-mark.h"
#include "engine/model/subject.h"

/*
 * The text with SECRET_HIDDEN in place of each secret; what stands in place of one already stays. The
 * caller frees it. NULL for NULL.
 */
char *secret_hide(const char *text);

/*
 * The value of a key (a path of names), for a sentence or a column beside it: SECRET_HIDDEN where
 * a name of the key speaks of a secret, else as secret_hide(). The caller frees it; NULL for NULL.
 */
char *secret_show(const char *key, const char *value);

/* The same of the value of a subject: how a reason, a hold or a warning quotes it. */
char *secret_show_value(struct subject subject, const char *value);

/* Refuses a value: err becomes "WHAT: 'VALUE'", with the value so shown. Returns -EINVAL. */
int secret_refuse(struct subject subject, const char *value, const char *what, struct error *err);

/* Whether a value holds one; `subject` (JSON's "/log-opts/splunk-token") may say so. */
bool secret_in(struct subject subject, const char *value);
