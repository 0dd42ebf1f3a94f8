#pragma once

/* fstab(5), and how systemd names the unit of a mount. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"

#define FSTAB "/etc/fstab"

struct fstab_entry {
	size_t line; /* from 1 */
	char *place; /* where it mounts something: absolute */
	char *options; /* with commas between; "": none are given */
};

void fstab_entry_clear(struct fstab_entry *e);

/*
 * The next line from *at on that mounts something at an absolute place; `ret` is cleared first, and *at is
 * moved behind it. `at` and `ret` begin as zero. False at the end of the text.
 */
bool fstab_next(const struct buf *text, size_t *at, struct fstab_entry *ret);

/* "srv-data.mount" of "/srv/data" (systemd.unit(5)); the caller frees it. */
char *mount_unit_name(const char *place);
