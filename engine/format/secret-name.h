#pragma once

/*
 * Whether a name speaks of a secret: "DB_PASSWORD", "splunk-token", "gelfPass", "shared-key". A
 * guess that rather hides too much: whatever is called so is shown to nobody.
 */

#include <stdbool.h>
#include <stddef.h>

/* Of the n characters at `name`, which are one name. */
bool secret_name(const char *name, size_t n);

/* Of any part of a path of names: "/log-opts/splunk-token", "Service/Environment[2]/DB_PASS". */
bool secret_path(const char *path);
