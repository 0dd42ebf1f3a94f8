#pragma once

/* Where a set of disks is mounted: the others are bound into the host on the first. */

#include <stddef.h>

#include "tests/power/disk.h"
#include "tests/power/log.h"

struct stand {
	const struct filesystem *fs;
	size_t ndisks;
	char *directories[MAX_DISKS], *host;
};

struct stand stand_make(const struct filesystem *fs, size_t ndisks, const char *work,
			const char *name);
void stand_clear(struct stand *p);

/* All of the disks, or the i-th; 0 or negative errno. */
int stand_mount(const struct stand *p, const struct device *devices);
int stand_mount_disk(const struct stand *p, const struct device *devices, size_t i);
void stand_unmount(const struct stand *p);

/* What the host has so far where the i-th disk belongs goes to that disk, which is mounted there. */
int stand_move_out(const struct stand *p, const struct device *devices, size_t i);
