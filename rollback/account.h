#pragma once

/* Whether a name is an account's still, by the files of the root. */

#include "engine/host/read/root.h"

enum account { ACCOUNT_THERE, ACCOUNT_GONE, ACCOUNT_UNKNOWN };

/* UNKNOWN where /etc/passwd cannot be read, or accounts may be elsewhere. */
enum account account_find(const struct root *root, const char *name);
