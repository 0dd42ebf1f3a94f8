#pragma once

/* The lock for who has to have it, however long that takes: a recovery at the end of somebody's time. */

#include "cli/context.h"

/*
 * As context_lock(). While it waits (--lock-timeout) it says who holds the lock, and has a run that is stopped
 * go on, once: nothing else would ever end that run, and what it did would stand.
 */
int lock_wait(struct context *c);
