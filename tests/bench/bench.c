/*
 * bench [--quick] [--only WORK] [--json FILE] HARDEN PROGRAMS OUTPUT: harden beside floors in C and beside what
 * else is installed, in one run and in turn (`./bootstrap bench`). Prints a table, and draws to
 * OUTPUT how time grows with size. No figure is a failure: it ends with 1 only where something
 * that is here did not run.
 *
 * What is measured lies below OUTPUT while it runs: it shall be on the disk that matters.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "tests/bench/bench.h"

/* 20 and 2 minutes, less what a last run and the tidying take. */
#define FULL_MS (19 * 60 * 1e3)
#define QUICK_MS (105 * 1e3)

struct work *bench_work(struct bench *b, const char *series, size_t size, struct goal goal)
{
	struct work *w = array_append(&b->works, &b->count, sizeof(*w));

	*w = (struct work){.series = series, .size = size, .goal = goal};
	return w;
}

struct contender *work_add(struct work *w, const char *name, enum role role, const char *program)
{
	struct contender *c = array_append(&w->items, &w->count, sizeof(*c));

	*c = (struct contender){.name = name, .role = role};
	if (program)
		strv_add(&c->argv, program);
	return c;
}

void work_add_why(struct work *w, const char *name, enum state state, const char *why)
{
	struct contender *c = work_add(w, name, ROLE_PEER, NULL);

	c->state = state;
	c->why = xstrdup_null(why);
}

static void bench_clear(struct bench *b)
{
	for (size_t i = 0; i < b->count; i++) {
		for (size_t c = 0; c < b->works[i].count; c++) {
			strv_clear(&b->works[i].items[c].argv);
			free(b->works[i].items[c].why);
		}
		free(b->works[i].items);
	}
	free(b->works);
	if (b->directory)
		remove_tree(b->directory);
	free(b->directory);
	free(b->tree_root);
}

static int usage(void)
{
	fprintf(stderr,
		"usage: bench [--quick] [--only WORK] [--json FILE] HARDEN PROGRAMS OUTPUT\n");
	return 64;
}

static int run(struct bench *b, const char *json)
{
	CLEANUP(freep) char *whole = NULL;
	bool all_ran;

	if (mkdir(b->output, 0755) < 0 && errno != EEXIST) {
		fprintf(stderr, "bench: cannot make '%s': %s\n", b->output, strerror(errno));
		return 1;
	}
	whole = xcheck(realpath(b->output, NULL)); /* systemd-tmpfiles takes no other */
	b->directory = xasprintf("%s/run.XXXXXX", whole);
	if (!mkdtemp(b->directory)) {
		fprintf(stderr, "bench: cannot make '%s': %s\n", b->directory, strerror(errno));
		free(TAKE_PTR(b->directory));
		return 1;
	}
	report_heading(b);
	bench_all(b);
	all_ran = report_end(b);
	draw_series(b);
	if (json && report_json(b, json) < 0)
		return 1;
	return all_ran && !run_interrupted() ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"quick", no_argument, NULL, 'q'},
						{"only", required_argument, NULL, 'o'},
						{"json", required_argument, NULL, 'j'},
						{0}};
	CLEANUP(bench_clear) struct bench b = {0};
	const char *json = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'q')
			b.quick = true;
		else if (c == 'o')
			b.only = optarg;
		else if (c == 'j')
			json = optarg;
		else
			return usage();
	if (argc - optind != 3)
		return usage();
	b.harden = argv[optind];
	b.programs = argv[optind + 1];
	b.output = argv[optind + 2];
	b.deadline_ms = clock_ms() + (b.quick ? QUICK_MS : FULL_MS);
	if (getloadavg(&b.load, 1) != 1)
		b.load = -1;
	umask(022);
	run_init();
	return run(&b, json);
}
