#pragma once

/*
 * Runs a function in a child process, and before its calls that change something (those of
 * tests/crash/syscalls.h) makes the file systems write more than they were asked to: what a
 * busy host does at any moment. What a lazy file system happens to hide then shows.
 */

#include <stddef.h>
#include <stdint.h>

#include "tests/power/log.h"

enum pace_mode {
	PACE_LAZY, /* leaves it to itself */
	PACE_SOME, /* syncfs before some calls */
	PACE_ALL, /* syncfs before all calls */
	PACE_UNRELATED, /* fsync of another file before some: commits metadata, not contents */
	PACE_COUNT,
};

extern const char *const pace_names[PACE_COUNT];

struct pace {
	enum pace_mode mode;
	uint64_t seed;
	size_t ndisks;
	int disks[MAX_DISKS]; /* a directory of each file system */
	int others[MAX_DISKS]; /* the unrelated file of each */
	int ignore_fd; /* writes to it do not count */
	size_t kill_at; /* SIGKILL before this call, from 1; 0: not */
};

/* Its wait status, or negative errno. ret_calls (may be NULL): how many calls there were. */
int pace_run(int (*run)(void *data), void *data, const struct pace *pace, size_t *ret_calls);

/* Writes to the unrelated files, and makes them durable. */
void pace_stir(const struct pace *pace);

/* Makes all that is left durable, the last disk first: what it has may count on the others. */
void pace_settle(const struct pace *pace);
