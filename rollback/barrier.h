#pragma once

/*
 * Makes durable what was done at many paths: one sync for each file system that holds one of them,
 * however many there are. The file systems are found by the paths' directories, and
 * by the paths themselves, on which another one may be mounted.
 */

#include "engine/base/error.h"
#include "engine/base/map.h"
#include "engine/host/read/handles.h"
#include "engine/model/plan.h"

struct barrier {
	struct handles *pass; /* borrowed */
	struct map directories; /* those that were seen */
	struct filesystem *filesystems; /* those that were synced */
	size_t count;
};

void barrier_clear(struct barrier *b);

/* Syncs the file systems that hold the path and its directory, unless that was done; where its directory is gone, nothing. */
int barrier_sync(struct barrier *b, const char *path, struct error *err);

/* Changes of a plan, by their indices: those whose file could only be staged while others were moved. */
struct late {
	size_t *items;
	size_t count;
};

void late_clear(struct late *l);
void late_add(struct late *l, size_t change);

/* Makes what was staged for them durable. */
int barrier_sync_late(struct handles *pass, const struct plan *plan, const struct late *late,
		      struct error *err);
