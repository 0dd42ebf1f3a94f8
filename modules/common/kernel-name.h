#pragma once

/* Kernels by the names of their directories in /lib/modules: "6.1.0-25-cloud-amd64". */

#include <stdbool.h>

/*
 * Whether it names a kernel of the same flavour that is newer. Beside the kernels' own directories
 * others may lie there, like "kabi-current".
 */
bool kernel_is_newer(const char *name, const char *than);
