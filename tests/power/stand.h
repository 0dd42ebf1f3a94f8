#pragma once

/* Where a set of a bench's disks is mounted: the others are bound into the host on the first. */

#include <stddef.h>

#include "tests/power/disk.h"
#include "tests/power/log.h"

struct bench;

struct stand {
	char *folders[MAX_DISKS], *host;
};

struct stand stand_make(const char *work, const char *name);
void stand_clear(struct stand *p);

/* All of the bench's disks, or the i-th; 0 or negative errno. */
int stand_mount(const struct bench *b, const struct stand *p, const struct device *devices);
int stand_mount_disk(const struct bench *b, const struct stand *p, const struct device *devices,
		     size_t i);
void stand_unmount(const struct bench *b, const struct stand *p);

/* What the host has so far where the i-th disk belongs goes to that disk, which is mounted there. */
int stand_move_out(const struct bench *b, const struct stand *p, size_t i);
