#pragma once

/*
 * Runs a function in a child process and counts its calls into the kernel in one global order;
 * on order it kills the child before one of them, makes calls fail without running them, or lets
 * a write or read take only half of its bytes. A seccomp filter stops the child at the calls that
 * matter. What happens then is done by a tracer, for programs of any kind (ptrace.c), or by the
 * child itself, which is many times faster, for functions of our own (trap.c).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum trace_class {
	TRACE_MUTATES = 1 << 0, /* changes a file system, or makes a change durable */
	TRACE_READS =
		1
		<< 1, /* can fail, but changes nothing: open for reading, read, close, mmap, ... */
};

enum trace_action {
	TRACE_COUNT,
	TRACE_KILL, /* SIGKILL before call `at` */
	TRACE_FAIL, /* calls fail with `error` */
	TRACE_SHORT, /* write or read `at` takes half of its bytes */
	TRACE_TORN, /* the same, and SIGKILL before the next call */
};

/* The errors that a campaign tries, as bits. */
enum trace_error {
	FAIL_IO = 1 << 0,
	FAIL_NOSPC = 1 << 1,
	FAIL_DQUOT = 1 << 2,
	FAIL_ROFS = 1 << 3,
	FAIL_MFILE = 1 << 4,
	FAIL_NOMEM = 1 << 5,
	FAIL_ACCES = 1 << 6,
	FAIL_PERM = 1 << 7,
	FAIL_INTR = 1 << 8,
	FAIL_CONNREFUSED = 1 << 9,
	FAIL_CONNRESET = 1 << 10,
	FAIL_PIPE = 1 << 11,
	FAIL_COUNT = 12,
};

extern const int trace_errnos[FAIL_COUNT]; /* by bit */

enum trace_reach {
	TRACE_ONCE, /* call `at` alone */
	TRACE_SAME, /* all calls of its number from there on */
	TRACE_ALL, /* all calls of its class from there on */
};

struct trace_order {
	enum trace_action action;
	unsigned classes; /* of enum trace_class: which calls are counted */
	size_t at; /* from 1 */
	int error;
	enum trace_reach reach;
	int ignore_fd; /* writes to it are not counted; -1: none */
	FILE *log; /* a line for each counted call; NULL: none */
};

struct trace_call {
	long number;
	unsigned class;
	size_t bytes; /* that a write or read would take; 0: it is neither */
	unsigned errors; /* of enum trace_error: those that make sense for it */
	char text[104]; /* name and path, for people */
};

#define TRACE_MAX_KEPT 16384

struct trace_result {
	int status; /* as of waitpid() */
	bool fired; /* the order was carried out */
	bool endless; /* killed because it made more calls than any run can */
	struct trace_call at; /* where it fired */
	struct trace_call *calls; /* the counted ones, when `keep_calls`; at most TRACE_MAX_KEPT */
	size_t ncalls;
	bool keep_calls;
};

/*
 * 0 or negative errno; what became of the child is in ret. The function's value is its exit code.
 * trap_run() is for one process without threads that leaves SIGSYS alone.
 */
int trap_run(int (*run)(void *data), void *data, const struct trace_order *order,
	     struct trace_result *ret);
int trace_run(int (*run)(void *data), void *data, const struct trace_order *order,
	      struct trace_result *ret);
void trace_result_clear(struct trace_result *r);

/* For the child of another program: stops itself for the parent and readies the filter. */
void trace_enter(unsigned classes);

/* The parent's side, for a child that called trace_enter(). */
int trace_follow(int pid, const struct trace_order *order, struct trace_result *ret);
