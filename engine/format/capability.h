#pragma once

/* Capabilities by name (capabilities(7)), as bits of a set. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/strv.h"

/* "CAP_NET_RAW", "NET_RAW" and "net_raw" are one; the bit's number, or -EINVAL. */
int capability_from_name(const char *name);

/* All that Docker gives a container that asks for nothing. */
#define CAPABILITIES_DOCKER UINT64_C(0xa80425fb)

/*
 * What all kernels since Linux 3.16 have. Later ones only take parts of SYS_ADMIN out (PERFMON,
 * BPF, CHECKPOINT_RESTORE), which older engines do not know.
 */
#define CAPABILITIES_CLASSIC UINT64_C(0x3fffffffff)

/* Sets from names; ALL stands for `all`. Names that are not known are left out. */
uint64_t capabilities_from_names(const struct strv *names, uint64_t all);

/* The names of a set without CAP_, appended in the kernel's order; a bit without a name as its number. */
void capabilities_to_names(uint64_t set, struct strv *ret);
