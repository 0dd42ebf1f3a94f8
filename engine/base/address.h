#pragma once

#include <stdbool.h>

#include "engine/base/strv.h"

/* Whether one of the addresses ("10.0.0.2", "::1") or ranges of IPv4 ("10.9.0.0/24") is or has it. */
bool address_among(const struct strv *own, const char *address);
