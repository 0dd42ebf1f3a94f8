#pragma once

/*
 * What `bench` measures: works (a tree of 10,000 files, a list of 60), each done by contenders in
 * turn: a floor in C, harden, and what else is installed and does the like. Each owns its strings.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/base/strv.h"

#define RUNS_MOST 7

enum role {
	ROLE_FLOOR, /* what harden is measured against */
	ROLE_PARSE, /* what the goal grants on top of it */
	ROLE_BESIDE, /* another floor */
	ROLE_HARDEN, /* what the goal is about */
	ROLE_ALSO, /* harden, without a goal of its own */
	ROLE_PEER,
};

enum state { STATE_MEASURED, STATE_LEFT_OUT, STATE_NOT_INSTALLED, STATE_FAILED };

struct figures {
	double wall_ms[RUNS_MOST];
	double cpu_ms[RUNS_MOST]; /* -1: not known */
	size_t runs;
	long peak_kib; /* of the largest process; -1: not known */
	long processes, threads; /* beside the first; -1: not known */
};

struct contender {
	const char *name;
	enum role role;
	struct strv argv; /* none: its figures come from elsewhere */
	int accepts; /* an exit code that is as good as 0 */
	bool once; /* it is so slow that its first run is its only one */
	enum state state;
	char *why; /* it has no figures */
	struct figures figures;
};

/* At most `times` the floor, and the parse; or so many milliseconds. All 0: no goal. */
struct goal {
	double times;
	bool parse;
	double ms;
};

struct work {
	const char *series; /* those of one series are drawn together, by size */
	size_t size; /* 0: it has none */
	struct goal goal;
	struct contender *items;
	size_t count;
};

struct bench {
	const char *programs; /* the directory of the floors, and of bench-containers */
	const char *harden;
	const char *output; /* where drawings go */
	char *directory; /* of trees and lists; gone at the end */
	char *tree_root; /* the host with the largest tree that is in order */
	bool quick;
	const char *only; /* works that have this in their name; NULL: all */
	double deadline_ms;
	double load; /* of the machine with other things, before; -1: not known */
	size_t left; /* works that are still to come */
	struct work *works;
	size_t count;
};

/* --- bench-run.c: commands, timed ------------------------------------------- */

struct run {
	double wall_ms, cpu_ms;
	long peak_kib, processes, threads;
	int status; /* as of waitpid(); -1: it was not started, or killed because no time was left */
};

/* Interrupted or not, all commands that were started have ended when these return. */
void run_init(void);
bool run_interrupted(void);
/* `counted`: its children are counted, which the wall clock hardly shows. What it says goes to `said`. */
void run_command(const struct strv *argv, const char *said, bool counted, double deadline_ms,
		 struct run *ret);
/* It has no figures: its exit, and the end of what it said, are why. */
void run_failed(const struct run *r, const char *said, struct contender *c);
/* Each contender once to warm up, and then in turn, as often as the time allows. */
void work_run(const struct bench *b, struct work *w);

/* --- bench-make.c: trees, lists, policies ------------------------------------- */

bool in_path(const char *program);
/* For a few times so many files. */
bool has_room(const char *directory, size_t files);
void make_text(const char *path, const struct buf *text);
/* Directories of 100 files each; every `wrong`th file can be written by others (0: none). */
void make_tree(const char *directory, size_t files, size_t wrong);
char *tree_path(const char *directory, size_t file);
void remove_tree(const char *path);

/* --- bench-works.c, bench-peers.c ------------------------------------------------ */

struct work *bench_work(struct bench *b, const char *series, size_t size, struct goal goal);
/* The caller adds to argv. The program is in_path(), or a path; NULL: the figures come from elsewhere. */
struct contender *work_add(struct work *w, const char *name, enum role role, const char *program);
void work_add_why(struct work *w, const char *name, enum state state, const char *why);
void bench_all(struct bench *b);
/* The containers of a stub of dockerd (bench-docker.c). */
void containers_run(struct bench *b, struct work *w);
/* Peers that look at (or, where all is right, go over) a tree, or a list of n files, below `root`. */
void peers_of_tree(struct bench *b, struct work *w, const char *root, bool all_right);
void peers_of_list(struct bench *b, struct work *w, const char *root);
void peers_of_host(struct bench *b, struct work *w);

/* --- bench-report.c, bench-draw.c ---------------------------------------------------- */

double median(const double *values, size_t n);
const struct contender *work_of(const struct work *w, enum role role);
/* What the goal comes to beside the floor of this very run, and harden's share of it (1: just met). */
bool work_limit(const struct work *w, double *ret_ms, double *ret_share);
/* harden's or another's time by the floor's, run by run. */
bool work_ratio(const struct work *w, const struct contender *c, double *ret);
/* bench-bounds.c: what bounds harden there, as docs/speed.md has it; NULL: nobody looked. */
const char *bound_of(const struct work *w);
void report_heading(const struct bench *b);
void report_work(const struct work *w);
/* Whether everything ran that is installed. */
bool report_end(const struct bench *b);
int report_json(const struct bench *b, const char *path);
/* A drawing a series: sizes by time, both by powers of ten. */
void draw_series(const struct bench *b);
