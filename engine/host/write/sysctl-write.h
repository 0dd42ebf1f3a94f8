#pragma once

#include "engine/base/error.h"

/* In one write, as the kernel wants it. That the kernel took it as it is must be read back. */
int sysctl_write(const char *name, const char *value, struct error *err);
