#pragma once

/*
 * stdout and stderr. Who reads them may be stopped, or gone for the day: a terminal with its output stopped
 * (XOFF), a pager that shows its first page. A write that waits for them would keep the lock with the host
 * half-way, and behind the lock the timer that undoes what nobody confirmed. So from outlet_hold() on nothing
 * waits for long: what is not taken stays in order, and goes out with what comes later, or at the end.
 */

#include <stdbool.h>
#include <stddef.h>

/* From now on, to the end of the process: it has the lock, or may have it again. */
void outlet_hold(void);

/*
 * Writes to STDOUT_FILENO or STDERR_FILENO. Held, also what is kept for later is 0. Negative errno when it
 * cannot be written: -EPIPE for a reader that went away.
 */
int outlet_write(int fd, const void *bytes, size_t n);

/* Opens what outlet_try() writes to a terminal by: for who locks itself in (confine.h) before there is anything to write. */
void outlet_look(void);

/* What is stale in a moment: written as far as it is taken at once, and behind what waits not at all. */
void outlet_try(int fd, const void *bytes, size_t n);

/*
 * Writes what is kept, and waits for whoever reads: without the lock, or where a person is asked anyhow. A
 * signal that is to end the run ends the wait, too, and job control may stop it. 0, or the first
 * negative errno since the outlet was held.
 */
int outlet_flush(void);
