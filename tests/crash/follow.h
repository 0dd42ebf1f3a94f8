#pragma once

/* What an order means for each counted call, for the two that carry it out (ptrace.c, trap.c). */

#include <sys/types.h>
#include <sys/user.h>

#include "tests/crash/trace.h"

enum verdict {
	VERDICT_RUN, /* as it is */
	VERDICT_DIE, /* SIGKILL before it */
	VERDICT_FAIL, /* does not run, and gives the order's error */
	VERDICT_HALVE, /* takes half of its bytes */
};

/* One run being followed. */
struct follow {
	const struct trace_order *order;
	struct trace_result *ret;
	size_t count; /* of all counted calls */
	size_t failed;
	bool kill_next;
};

/* The room for the calls that ret keeps, before the run: shared with the child. */
int follow_init(struct follow *f, const struct trace_order *order, struct trace_result *ret);

/* The child `pid` is about to make a call. */
enum verdict follow_call(struct follow *f, pid_t pid, const struct user_regs_struct *regs);

/* A filter that answers `action` to every call that the classes may use, but not to one from `except`. */
void follow_filter(unsigned classes, unsigned action, const void *except);
