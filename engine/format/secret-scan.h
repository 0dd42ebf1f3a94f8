#pragma once

/*
 * Whether a text looks like a secret: by the name that it is given, or by its own shape. A guess,
 * made so that what every image has (checksums, fingerprints of public keys, paths, switches)
 * does not count. The answer is what it looks like, in constant words; never a part of the text.
 */

#include <stdbool.h>

#include "engine/base/strv.h"

/* "a GitHub token", ... when a text holds something whose shape tells what it is; NULL: nothing. */
const char *secret_shape(const char *text);

/* The same for NAME=value, where the name counts too: "named like a secret". NULL: it is none. */
const char *secret_value(const char *name, const char *value);

/*
 * Looks through a piece of shell: words of a known shape, NAME=value, --password value, the
 * user of curl, what is piped into chpasswd. Adds to ret what was found, each thing once: "DB_PASSWORD",
 * "--token", "a GitHub token".
 */
void secret_in_shell(const char *script, struct strv *ret);

/* Whether a path is one where programs keep secrets: "/root/.ssh/id_rsa", "/home/a/.netrc". */
bool secret_file(const char *path);
