#pragma once

/* Runs of a program on a host that lies on a recording disk, and what they did to it. */

#include "engine/base/buf.h"
#include "tests/power/bench.h"

enum watch { WATCH_DISK, WATCH_CALLS, WATCH_DENIALS };

struct look {
	int (*run)(void *look);
	enum watch watch; /* the disk is, always */
	bool live; /* the host's directories in the place of the machine's; else as an image */
	bool free; /* the kernel refuses the sandbox, or the program does not ask for one */
	const char *harden;
	const char *host; /* set by look_run(), as is the descriptor for what it says */
	int answer;
};

struct found {
	int code;
	size_t writes; /* that the disk was told */
	size_t calls, denied; /* by what was watched */
	struct buf answer;
};

/* What can be run: the plan, and what must be found out. */
int look_plan(void *look);
int look_idler(void *look); /* does nothing */
int look_reader(void *look); /* reads files as anybody does */
int look_writer(void *look); /* makes a directory, or tries to */

/* On the disk that the bench's first image holds, which is not changed. 0 or negative errno. */
int look_run(const struct bench *b, struct look l, struct found *ret);
void found_clear(struct found *f);
