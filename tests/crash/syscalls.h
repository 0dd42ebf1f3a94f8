#pragma once

/* Which calls are counted, and what they do. x86-64. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/user.h>

#include "tests/crash/trace.h"

struct syscall_row {
	long number;
	const char *name;
	unsigned class; /* 0: its flags decide */
	unsigned
		errors; /* that make sense; those of changing calls, when the flags say that it is one */
	int path; /* argument (from 1) that is a path, 0: none */
	int path2;
	bool bytes; /* argument 3 is the number of bytes */
};

const struct syscall_row *syscall_rows(size_t *ret_count);

/* What the stopped child is about to do, but for the text; false when it is not in the table. */
bool syscall_classify(pid_t pid, const struct user_regs_struct *regs, struct trace_call *ret);

/* The text: name and path. */
void syscall_describe(pid_t pid, const struct user_regs_struct *regs, struct trace_call *ret);
