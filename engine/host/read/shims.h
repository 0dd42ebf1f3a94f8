#pragma once

/*
 * Which containers have processes, without asking dockerd: containerd keeps a shim for each, and the
 * shim's arguments name it. Host, read side.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"

/* Ids of Docker's containers that have a shim, each once. */
int shims_find(struct strv *ret_ids, struct error *err);

/* Ids of the plugins that dockerd keeps itself and that have one, likewise. */
int shims_find_plugins(struct strv *ret_ids, struct error *err);

/* Whether the process is in this control group, or in one below it. */
bool proc_is_within(pid_t pid, const char *group);

/* Ids of those containers whose shim is in this control group, or in one below it, each once. */
int shims_within(const char *group, struct strv *ret_ids, struct error *err);

/* The container that these arguments of a process name, or NULL: it is no shim of Docker's. */
const char *shim_container(const struct strv *args);

/* Likewise the plugin. */
const char *shim_plugin(const struct strv *args);

/* The namespace of containerd's that they name; NULL: none. */
const char *shim_namespace(const struct strv *args);
