#include "tests/power/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "tests/power/errors.h"
#include "tests/power/mutants.h"
#include "tests/power/tap.h"

#define SHORT_LIMIT 30
#define SHORT_STEP 37 /* every which write or flush fails */

static bool chosen(const char *wanted, const char *name)
{
	return !wanted || strcmp(wanted, name) == 0;
}

/* In the short run each arm has its turn in some modes and layouts, spread over the file systems. */
static bool in_share(const struct options *o, int arm, int mode, size_t ndisks, size_t fs)
{
	return chosen(o->arm, arms[arm].name) &&
	       (!o->is_short || ((size_t)arm * 3 + (size_t)mode + ndisks * 5 + fs * 2) % 11 == 0);
}

/* The first round has all recordings, the later ones those that differ by their seed. */
static int bench_round(const struct options *o, struct bench *b, size_t fs, unsigned round,
		       struct tally *tally)
{
	int r = 0;

	for (int i = 0; i < ARM_COUNT * PACE_COUNT && r >= 0; i++) {
		const int arm = i / PACE_COUNT, mode = i % PACE_COUNT;
		const struct arm_run run = {.arm = (enum arm)arm,
					    .mode = (enum pace_mode)mode,
					    .seed = o->seed + round * 100000U +
						    (uint64_t)mode * 1000 + (uint64_t)arm,
					    .limit = o->limit,
					    .verbose = o->verbose + 1};

		if (in_share(o, arm, mode, b->ndisks, fs) &&
		    (round == 0 || arm_has_seeds(run.arm, run.mode)))
			r = arm_run(b, &run, tally);
	}
	return r;
}

static int fs_states(const struct options *o, size_t fs, struct tally *tally)
{
	int r = 0;

	for (size_t ndisks = 1; ndisks <= MAX_DISKS && r >= 0; ndisks++) {
		struct bench b;

		r = bench_open(&b, &filesystems[fs], ndisks, o->work);
		for (unsigned round = 0; round < o->rounds && r >= 0; round++)
			r = bench_round(o, &b, fs, round, tally);
		bench_close(&b);
	}
	return r;
}

/* A sync of the product's that no mutant leaves out would be one that nothing proves needed. */
static void say_points(const struct tally *all)
{
	CLEANUP(freep) char *without = NULL;
	size_t met = 0;

	for (size_t i = 0; i < POINT_COUNT; i++) {
		met += all->hits[i] > 0;
		if (all->hits[i] && !mutants_have((enum point)i) && !without)
			without = point_name((enum point)i);
	}
	tap_say(met && !without,
		xasprintf("each of the %zu points that were met has its mutant%s%s", met,
			  without ? ", but for " : "", without ? without : ""));
}

void prove_states(const struct options *o)
{
	struct tally all = {0};

	for (size_t fs = 0; fs < filesystem_count; fs++) {
		struct tally t = {0};
		int r = 0;

		if (!chosen(o->fs, filesystems[fs].name))
			continue;
		r = fs_states(o, fs, &t);
		tap_say(r >= 0 && !t.bad && t.states,
			xasprintf("%s: %zu runs, %zu cuts, %zu different states, %zu bad%s%s",
				  filesystems[fs].name, t.runs, t.cuts, t.states, t.bad,
				  r < 0 ? ": " : "", r < 0 ? strerror(-r) : ""));
		tally_add(&all, &t);
	}
	say_points(&all);
	printf("# states: %zu runs, %zu cuts, %zu states, %zu bad\n", all.runs, all.cuts,
	       all.states, all.bad);
}

/* By file system and mutant: tried, caught. */
struct catches {
	bool tried, caught;
	size_t states;
};

static size_t left_out(const struct mutant *m, const struct tally *t)
{
	size_t sum = 0;

	if (m->point != POINT_ALL)
		return t->hits[m->point];
	for (size_t i = 0; i < POINT_COUNT; i++)
		sum += t->hits[i];
	return sum;
}

static char *mutant_name(const struct mutant *m)
{
	return m->point == POINT_ALL ? xstrdup("all") : point_name(m->point);
}

static int try_mutant(const struct options *o, struct bench *b, const struct mutant *m,
		      struct catches *of)
{
	const struct mutant_budget budget = {o->seed, o->rounds, o->limit, o->verbose};
	CLEANUP(freep) char *name = mutant_name(m);
	struct tally t = {0};
	size_t times;
	int r;

	if (!chosen(o->mutant, name) || !(m->disks & 1U << (b->ndisks - 1)) || of->caught)
		return 0;
	r = mutant_run(b, m, &budget, &t);
	times = left_out(m, &t);
	of->tried |= times > 0;
	of->caught |= t.bad > 0;
	of->states += t.states;
	printf("# %s, %zu disk(s), without %s: %s after %zu states (left out %zu times)\n",
	       b->fs->name, b->ndisks, name, t.bad ? "caught" : "not seen", t.states, times);
	fflush(stdout);
	return r;
}

static int try_mutants(const struct options *o, size_t fs, size_t ndisks, struct catches *of)
{
	struct bench b;
	int r = bench_open(&b, &filesystems[fs], ndisks, o->work);

	for (size_t i = 0; i < mutant_count && r >= 0; i++)
		r = try_mutant(o, &b, &mutants[i], &of[i]);
	bench_close(&b);
	return r;
}

static void say_mutant(const struct mutant *m, const struct catches *by_fs, size_t stride)
{
	CLEANUP(freep) char *name = mutant_name(m);
	char *text = xasprintf("without %s:", name);
	bool caught = false, tried = false;

	for (size_t fs = 0; fs < filesystem_count; fs++) {
		const struct catches *c = &by_fs[fs * stride];
		char *longer = xasprintf("%s %s %s", text, filesystems[fs].name,
					 c->caught  ? "caught"
					 : c->tried ? "not seen"
						    : "-");

		free(text);
		text = longer;
		caught |= c->caught;
		tried |= c->tried;
	}
	if (tried || caught)
		tap_say(caught, text);
	else
		free(text);
}

void prove_mutants(const struct options *o)
{
	CLEANUP(freep)
	struct catches *all = xcalloc(filesystem_count * mutant_count, sizeof(*all));

	for (size_t fs = 0; fs < filesystem_count; fs++)
		for (size_t ndisks = MAX_DISKS; ndisks > 0; ndisks--)
			if (chosen(o->fs, filesystems[fs].name) &&
			    try_mutants(o, fs, ndisks, &all[fs * mutant_count]) < 0)
				tap_say(false,
					xasprintf("%s cannot be tried", filesystems[fs].name));
	for (size_t i = 0; i < mutant_count; i++)
		say_mutant(&mutants[i], &all[i], mutant_count);
}

/* Each write, or each flush, of one kind of run fails in turn. */
static int fail_each(const struct options *o, struct bench *b, struct error_run run,
		     struct tally *tally)
{
	int r = 1;

	for (run.order.at = 1; r > 0 && run.order.at < 10000;
	     run.order.at += o->is_short ? SHORT_STEP : 1)
		r = error_run(b, &run, tally);
	printf("# %s: %s, %s: %zu failures so far, %zu states, %zu bad\n", b->fs->name,
	       run.op == VICTIM_ROLLBACK ? "rollback" : "apply", error_reach_names[run.reach],
	       tally->runs, tally->states, tally->bad);
	fflush(stdout);
	return r;
}

static int bench_errors(const struct options *o, struct bench *b, struct tally *tally)
{
	static const enum log_kind kinds[] = {LOG_WRITE, LOG_FLUSH};
	static const enum victim_op ops[] = {VICTIM_APPLY, VICTIM_ROLLBACK};
	int r = 0;

	for (unsigned way = 0; way < 4 * ERROR_REACH_COUNT && r >= 0; way++) {
		struct error_run run = {.op = ops[way & 1],
					.order = {.what = kinds[way >> 1 & 1]},
					.reach = (enum error_reach)(way >> 2),
					.verbose = o->verbose + 1};

		r = fail_each(o, b, run, tally);
	}
	return r;
}

/* Control: who says 0 whatever happened is found out. */
static int catch_liar(const struct options *o, struct bench *b)
{
	struct error_run run = {.op = VICTIM_APPLY,
				.order = {.what = LOG_WRITE, .at = 1},
				.reach = ERROR_STICKY,
				.mutant = MUTANT_LIAR,
				.verbose = o->verbose};
	struct tally t = {0};
	int r = 1;

	for (; r > 0 && !t.bad; run.order.at++)
		r = error_run(b, &run, &t);
	tap_say(t.bad > 0,
		xasprintf("%s: control: a liar is found out after %zu failures of the disk",
			  b->fs->name, t.runs));
	return r;
}

void prove_errors(const struct options *o)
{
	for (size_t fs = 0; fs < filesystem_count; fs++) {
		struct tally t = {0};
		struct bench b;
		int r;

		if (!chosen(o->fs, filesystems[fs].name))
			continue;
		r = bench_open(&b, &filesystems[fs], 1, o->work);
		if (r >= 0)
			r = bench_errors(o, &b, &t);
		if (r >= 0)
			r = catch_liar(o, &b);
		bench_close(&b);
		tap_say(r >= 0 && t.runs && !t.bad,
			xasprintf("%s: %zu failures of the disk, %zu states after them, %zu bad",
				  filesystems[fs].name, t.runs, t.states, t.bad));
	}
}

/* Every day: some states, mutants that each file system shows at once, some errors. */
void prove_share(const struct options *o)
{
	static const char *const quick[] = {"all", "snapshot-state", "COMMIT"};
	struct options some = *o;

	some.is_short = true;
	some.limit = o->limit < SHORT_LIMIT ? o->limit : SHORT_LIMIT;
	prove_states(&some);
	for (size_t i = 0; i < ARRAY_SIZE(quick); i++) {
		some.mutant = quick[i];
		prove_mutants(&some);
	}
	prove_errors(&some);
}
