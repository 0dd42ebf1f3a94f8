#pragma once

/* Runs a function in a child, and counts the calls that a sandbox of its own stopped. */

#include <stddef.h>

/*
 * The exit code of the child (128 + signal when it was killed) or negative errno. Stopped is what
 * raises SIGSYS, and what is answered with EROFS or ENOSYS.
 */
int denials_run(int (*run)(void *data), void *data, size_t *ret_denied);
