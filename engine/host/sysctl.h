#pragma once

/* Kernel settings below /proc/sys, by their dotted names. */

#include "engine/base/error.h"

/* The value without its final newline; the caller frees it. -ENOENT when the kernel has no such setting. */
int sysctl_read(const char *name, char **ret_value, struct error *err);
int sysctl_write(const char *name, const char *value, struct error *err); /* write side */
