#pragma once

/*
 * Commands of the site that a run asks or tells: whether the host is well, and that it is taken out of
 * service and put back. Each is a program of root's that nobody else can change or replace.
 */

#include "engine/base/error.h"
#include "engine/base/interrupt.h"

#define SITE_COMMAND_MS 60000 /* its deadline */

/* Checks it (program-trust.h) and runs it: -EIO with its last line when it fails or takes too long; -EINTR. */
int site_command_run(const char *path, const struct interrupt *interrupt, struct error *err);
