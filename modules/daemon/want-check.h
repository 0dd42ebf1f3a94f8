#pragma once

/* Whether what a docker-daemon resource wants fits together, and dockerd would take its value. */

#include "engine/base/error.h"

/* `desired` is a struct daemon_want. -EINVAL: it says what is wrong with it. */
int daemon_want_check(const void *desired, struct error *err);
