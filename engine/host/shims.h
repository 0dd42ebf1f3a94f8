#pragma once

/*
 * Which containers have processes, without asking dockerd: containerd keeps a shim for each, and the
 * shim's arguments name it. Host, read side.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"

/* Ids of Docker's containers that have a shim, each once. */
int shims_find(struct strv *ret_ids, struct error *err);

/* The container that these arguments of a process name, or NULL: it is no shim of Docker's. */
const char *shim_container(const struct strv *args);
