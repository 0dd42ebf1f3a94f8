/*
 * Races every operation of the host layer against an attacker who owns the folder that it works
 * in: no canary may change, and no byte of one may come in. The naive ways of the control arm
 * have to lose, or the attacker is not worth his name. TAP; needs root.
 *
 *     race SWAPS [OPERATION...]
 *
 * HARDEN_RACE_DIR: where to race; default is memory (/dev/shm).
 */

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
#define LIMIT_SECONDS 600

struct tally {
	unsigned long swaps, done, refused;
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

static void race(const struct operation *op, unsigned long swaps, struct tally *ret)
{
	struct arena a;
	time_t end = time(NULL) + LIMIT_SECONDS;
	unsigned patience = op->naive ? 10 : 1; /* it has to lose, sooner or later */

	*ret = (struct tally){0};
	if (arena_open(&a) < 0)
		abort();
	arena_attack(&a, op->hard_links);
	for (unsigned long n = 0; n < LEAST_RUNS || a.shared->swaps < swaps * patience; n++) {
		int r;

		begin_run(&a, op, n);
		if (op->stands_still)
			linger(n);
		r = op->run(&a);
		if (lost(&a, r, ret) || time(NULL) > end || a.attacker == 0)
			break;
	}
	ret->swaps = a.shared->swaps;
	arena_close(&a);
}

/* Whether the race was one, and ended as it should. */
static bool is_good(const struct operation *op, unsigned long swaps, const struct tally *t)
{
	if (op->naive)
		return t->loss != NULL;
	return !t->loss && t->swaps >= swaps && t->done > 0 && t->refused > 0;
}

static bool report(const struct operation *op, unsigned long swaps, size_t number)
{
	struct tally t;
	bool good;

	race(op, swaps, &t);
	good = is_good(op, swaps, &t);
	printf("%sok %zu - %s (%s): %lu swaps, %lu done, %lu refused, %s\n", good ? "" : "not ",
	       number, op->name, op->what, t.swaps, t.done, t.refused,
	       t.loss ? "lost" : "nothing lost");
	if (t.loss)
		printf("# %s\n", t.loss);
	fflush(stdout);
	free(t.loss);
	return good;
}

static bool is_wanted(const struct operation *op, char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], op->name) == 0)
			return true;
	return count == 0;
}

int main(int argc, char **argv)
{
	unsigned long swaps = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	size_t number = 0;
	bool good = true;

	if (swaps == 0) {
		fputs("usage: race SWAPS [OPERATION...]\n", stderr);
		return 64;
	}
	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < noperations; i++)
		if (is_wanted(&operations[i], argv + 2, argc - 2))
			good &= report(&operations[i], swaps, ++number);
	printf("1..%zu\n", number);
	return !good;
}
