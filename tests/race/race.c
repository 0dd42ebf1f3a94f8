/*
 * Races every operation of the host layer against an attacker who owns the directory that it works
 * in: no canary may change, and no byte of one may come in. The naive ways of the control arm
 * race several times and have to lose more than 80 % of them, or the attacker is not worth his
 * name. TAP; needs root.
 *
 *     race [--minutes N] SWAPS [OPERATION...]
 *
 * Each operation races for so many swaps, and no shorter than so many minutes.
 * HARDEN_RACE_DIR: where to race; default is memory (/dev/shm).
 */

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/race/operation.h"

#define LEAST_RUNS 300 /* swaps that nobody runs into prove nothing */
#define REFRESH 25 /* runs after which open/ is put in order again */
#define LIMIT_SECONDS 600 /* over the minutes that were asked for */
#define NAIVE_ROUNDS 20
#define NAIVE_PATIENCE 10 /* it has to lose, sooner or later */

struct goal {
	unsigned long swaps;
	time_t seconds;
};

struct tally {
	unsigned long swaps, done, refused;
	time_t seconds;
	char *loss; /* NULL: nothing was lost */
};

static void begin_run(struct arena *a, const struct operation *op, unsigned long n)
{
	if (!op->stands_still && n % REFRESH != 0)
		return;
	arena_pause(a);
	arena_reset(a);
	if (op->ready)
		op->ready(a);
	arena_resume(a);
}

/* Each run by itself may be over before the attacker has moved: half of them begin a little later. */
static void linger(unsigned long n)
{
	for (volatile unsigned long i = 0; i < n % 16 * 300; i++)
		;
}

static bool lost(struct arena *a, int r, struct tally *t)
{
	t->done += r == 1;
	t->refused += r == 0;
	t->loss = r < 0 ? xstrdup("bytes of a canary came in") : arena_damage(a);
	return t->loss != NULL;
}

static bool is_over(const struct goal *goal, const struct arena *a, unsigned long runs,
		    unsigned long least, time_t seconds)
{
	if (a->attacker == 0 || seconds > goal->seconds + LIMIT_SECONDS)
		return true;
	return runs >= least && a->shared->swaps >= goal->swaps && seconds >= goal->seconds;
}

static void race(const struct operation *op, const struct goal *goal, struct tally *ret)
{
	unsigned long least = op->runs ? op->runs : LEAST_RUNS;
	time_t since = time(NULL);
	struct arena a;

	*ret = (struct tally){0};
	if (arena_open(&a) < 0)
		abort();
	arena_attack(&a, op->hard_links);
	for (unsigned long n = 0; !is_over(goal, &a, n, least, time(NULL) - since); n++) {
		root_force_steps(n % 2); /* both ways of walking are under attack */
		begin_run(&a, op, n);
		if (op->stands_still)
			linger(n);
		if (lost(&a, op->run(&a), ret))
			break;
	}
	root_force_steps(false);
	ret->swaps = a.shared->swaps;
	ret->seconds = time(NULL) - since;
	arena_close(&a);
}

/* Whether the race was one, and nothing was lost. */
static bool report(const struct operation *op, const struct goal *goal, size_t number)
{
	struct tally t;
	bool good;

	race(op, goal, &t);
	good = !t.loss && t.swaps >= goal->swaps && t.done > 0 && t.refused > 0;
	printf("%sok %zu - %s (%s): %lu swaps in %ld s, %lu done, %lu refused, %s\n",
	       good ? "" : "not ", number, op->name, op->what, t.swaps, (long)t.seconds, t.done,
	       t.refused, t.loss ? "lost" : "nothing lost");
	if (t.loss)
		printf("# %s\n", t.loss);
	fflush(stdout);
	free(t.loss);
	return good;
}

/* It has to lose, and not by chance. */
static bool report_naive(const struct operation *op, const struct goal *goal, size_t number)
{
	const struct goal one = {.swaps = goal->swaps * NAIVE_PATIENCE};
	unsigned long swaps = 0;
	int losses = 0;
	bool good;

	for (int i = 0; i < NAIVE_ROUNDS; i++) {
		struct tally t;

		race(op, &one, &t);
		swaps += t.swaps;
		losses += t.loss != NULL;
		free(t.loss);
	}
	good = losses * 100 > NAIVE_ROUNDS * 80;
	printf("%sok %zu - %s (%s): lost %d of %d races, %lu swaps\n", good ? "" : "not ", number,
	       op->name, op->what, losses, NAIVE_ROUNDS, swaps);
	fflush(stdout);
	return good;
}

static bool is_wanted(const struct operation *op, char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], op->name) == 0)
			return true;
	return count == 0;
}

/* The index of the first operation's name, or -1. */
static int parse(int argc, char **argv, struct goal *ret)
{
	static const struct option known[] = {{"minutes", required_argument, NULL, 'm'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) == 'm')
		ret->seconds = (time_t)strtoul(optarg, NULL, 10) * 60;
	if (c != -1 || optind >= argc)
		return -1;
	ret->swaps = strtoul(argv[optind], NULL, 10);
	return ret->swaps ? optind + 1 : -1;
}

int main(int argc, char **argv)
{
	struct goal goal = {0};
	int names = parse(argc, argv, &goal);
	size_t number = 0;
	bool good = true;

	if (names < 0) {
		fputs("usage: race [--minutes N] SWAPS [OPERATION...]\n", stderr);
		return 64;
	}
	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < noperations; i++) {
		const struct operation *op = &operations[i];

		if (is_wanted(op, argv + names, argc - names))
			good &= (op->naive ? report_naive : report)(op, &goal, ++number);
	}
	printf("1..%zu\n", number);
	return !good;
}
