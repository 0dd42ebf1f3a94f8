#pragma once

/* What the kernel's control groups can limit on this host, and what limit a slice of systemd's has there. */

#include "engine/model/delta.h"
#include "engine/model/view.h"

#define CGROUP_CONTROLLERS "/sys/fs/cgroup/cgroup.controllers" /* there in version 2 alone */

/* The names of the controllers that the kernel has, by either version; "io" as version 1 calls it ("blkio"). */
int cgroup_controllers(const struct view *v, struct strv *ret, struct error *err);
bool cgroup_has(const struct strv *have, const char *name);

/*
 * Judges the limits that a unit's text sets (MemoryMax=, TasksMax=, ...): one whose controller the kernel
 * lacks is refused, since systemd says nothing and limits nothing. Where `in_force`, one that a slice's own
 * group lacks fails; a slice in which nothing runs has no group.
 */
void cgroup_judge_unit(const struct view *v, const char *unit, const struct buf *text,
		       bool in_force, struct delta *d);
