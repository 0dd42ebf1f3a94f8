#pragma once

/*
 * One worker's place: a host in a directory with its world, the two images that it may be in, and
 * the runs on it. A case resets it, lets something happen to one run, and asks what the host is.
 */

#include "tests/crash/trace.h"
#include "tests/crash/tree.h"
#include "tests/crash/victim.h"

/* What is killed or hurt, and from where it starts. */
enum deed {
	DEED_APPLY, /* before -> after */
	DEED_UNHEALTHY, /* an apply that undoes itself: before -> before */
	DEED_ROLLBACK, /* after -> before */
	DEED_RECOVER, /* of an apply that was killed in the end: -> before */
	DEED_SETTLE, /* the same after somebody wrote to dockerd's file, which stays: -> settled */
	DEED_WAIT, /* an apply that is to be confirmed: before -> after, waiting */
	DEED_CONFIRM, /* of it: after -> after, kept */
	DEED_OVERDUE, /* recover after its time: after -> before */
	DEED_COUNT,
};

enum image_name {
	IS_BEFORE,
	IS_AFTER,
	IS_SETTLED, /* as before, but for what others changed and what would read that */
	IS_NEITHER,
};

extern const char *const deed_names[DEED_COUNT];
extern const char *const image_names[IS_NEITHER];

struct bench {
	char *directory, *root, *world, *socket;
	pid_t daemon; /* that answers at the socket */
	int message_fd; /* a file in memory */
	enum scene scene;
	enum victim_mutant mutant;
	size_t broken_at; /* DEED_RECOVER, DEED_SETTLE: where their apply was killed */
	struct strv trees[IS_NEITHER]; /* by image_name */
	struct world worlds[IS_NEITHER];
};

/* The first two images are taken from one whole apply. `base` is a directory to work in. */
int bench_open(struct bench *b, const char *base, enum scene scene, enum victim_mutant mutant);
void bench_close(struct bench *b);

/* Sets where DEED_RECOVER and DEED_SETTLE begin, and takes the image of the latter. */
int bench_break_at(struct bench *b, size_t at);

/* The host as the deed starts with it. */
int bench_reset(struct bench *b, enum deed deed);

/* A run that nothing happens to: its exit code, or 128 + signal. */
int bench_run(struct bench *b, enum victim_op op);

/* A run under an order. order->ignore_fd is filled in. */
int bench_trace(struct bench *b, enum deed deed, struct trace_order *order,
		struct trace_result *ret);

/* The recover after the deed was killed. */
int bench_trace_recover(struct bench *b, enum deed deed, struct trace_order *order,
			struct trace_result *ret);
enum victim_op bench_recovery_of(enum deed deed);

/* Whether a change is neither kept nor put back, and no timer stands for its undo. */
bool bench_is_unguarded(struct bench *b);

/* Whether dockerd is down on a file that lost live-restore: whoever starts it ends containers. */
bool bench_is_deadly(const struct bench *b);

/* What the last run said; the caller frees it. */
char *bench_message(const struct bench *b);

/*
 * Which image the host is, world and all. `clean`: no staged file may be there. *ret_why says
 * what is wrong with it when it is neither; the caller frees it.
 */
enum image_name bench_look(const struct bench *b, bool clean, char **ret_why);

/* What `status` must say when the host is in that image after the deed. */
bool bench_status_fits(enum deed deed, enum image_name is, int status);
