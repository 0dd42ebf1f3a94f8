#pragma once

/*
 * How often a program is executed, as the kernel tells by fanotify(7): what an audit rule with perm=x on its file
 * would record. Nothing is started and nobody is held up: events are told behind the call, never asked about. A struct
 * run_count starts as RUN_COUNT_INIT and is released by run_count_close(). Host, read side.
 */

#include <stdint.h>

#include "engine/base/error.h"
#include "engine/host/read/root.h"

struct run_count {
	int fd; /* readable where something came; -1: closed */
	uint64_t counted;
};

#define RUN_COUNT_INIT                                                                             \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/*
 * Begins. -ENOENT: it is not there; -EPERM, -ENOSYS and the like: the kernel does not tell us. A file that takes
 * the program's place later is another one.
 */
int run_count_open(struct run_count *c, const struct root *root, const char *path,
		   struct error *err);
void run_count_close(struct run_count *c);

/* Takes what came; -EOVERFLOW: more than the kernel kept. */
int run_count_take(struct run_count *c, struct error *err);
