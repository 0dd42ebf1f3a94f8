#pragma once

/*
 * Commands of the site that a run asks or tells: whether the host is well, and that it is taken out of
 * service and put back. Each is a program of root's that nobody else can change or replace.
 */

#include "engine/base/error.h"
#include "engine/base/interrupt.h"

#define SITE_COMMAND_MS 60000 /* its deadline */

/*
 * Whether it may be run: an absolute path to a file that can be executed, which belongs to root and only
 * root can write, as each directory on the way to it does. -EINVAL: not absolute; -ENOENT and the like;
 * -EPERM: not to be trusted.
 */
int site_command_check(const char *path, struct error *err);

/* Checks it and runs it: -EIO with its last line when it fails or takes too long; -EINTR. */
int site_command_run(const char *path, const struct interrupt *interrupt, struct error *err);
