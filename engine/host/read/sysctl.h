#pragma once

/*
 * Kernel settings below /proc/sys, by their dotted names. As in sysctl.d(5) the first separator
 * counts: "net.ipv4.conf.eth0/100.forwarding" and "net/ipv4/conf/eth0.100/forwarding" are both
 * interface "eth0.100".
 */

#include <stdbool.h>

#include "engine/base/error.h"

/* The path of a setting; the caller frees it. -EINVAL when that is not a name of one. */
int sysctl_path(const char *name, char **ret_path, struct error *err);

/* The value without its final newline; the caller frees it. -ENOENT when the kernel has no such setting. */
int sysctl_read(const char *name, char **ret_value, struct error *err);

/* Whether two values are one: the kernel writes several with tabs between, people with spaces. */
bool sysctl_same(const char *a, const char *b);
