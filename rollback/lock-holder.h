#pragma once

/* Who holds the flock() on a file, `name` in a directory, now, as far as the kernel tells: to try the lock would be to take it. */

#include <stdbool.h>
#include <sys/types.h>

struct lock_holder {
	bool held;
	pid_t pid; /* 0: not known */
	bool stopped; /* by job control or SIGSTOP: it does not go on by itself */
};

struct lock_holder lock_holder_find(int directory, const char *name);

/* "another run of harden (process 12) holds the lock"; the caller frees it. */
char *lock_holder_text(const struct lock_holder *h);

/*
 * Has one that is stopped go on (SIGCONT), once it is seen that this very process has the lock's file open: 1;
 * 0 where there is nothing to do any more, or it cannot be told; negative errno when it cannot be sent.
 */
int lock_holder_continue(int directory, const char *name, const struct lock_holder *h);
