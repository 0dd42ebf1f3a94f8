/*
 * campaign: kills and hurts every run at every call (see case.h), and says how often that went
 * wrong. Each campaign is also run on victims that are broken on purpose, and fails when those
 * get through.
 *
 *     campaign [--share N] [--jobs N] [--dir DIR] [--seed N] [--scene NAME] [kill|error|read|control]...
 *
 * Without names all of them: kills, errors of changing calls, errors of calls that only look, and
 * the broken victims. --share N runs one case in N of those that grow with the square of a run,
 * or with the number of errors, chosen by the seed; 1 (the default) runs them all.
 */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/crash/planning.h"

#define MAX_JOBS 64
#define MAX_SHOWN 20 /* bad cases by worker */

struct options {
	const char *dir;
	const char *scene; /* NULL: all */
	struct share share;
	size_t jobs;
};

struct tally {
	size_t cases[DEED_COUNT][CASE_KIND_COUNT];
	size_t bad[DEED_COUNT][CASE_KIND_COUNT];
};

static int open_bench(const struct options *o, enum scene scene, enum victim_mutant mutant,
		      size_t broken_at, struct bench *b)
{
	int r = bench_open(b, o->dir, scene, mutant);

	return r >= 0 && broken_at ? bench_break_at(b, broken_at) : r;
}

/* One worker: every jobs-th item, on a bench of its own. */
static void work(const struct options *o, const struct bench *model, const struct items *all,
		 size_t worker, bool quiet, struct tally *t)
{
	CLEANUP(bench_close) struct bench b;
	size_t shown = 0;

	if (open_bench(o, model->scene, model->mutant, model->broken_at, &b) < 0)
		_exit(1);
	for (size_t i = worker; i < all->count; i += o->jobs) {
		const struct item *item = &all->items[i];
		CLEANUP(freep) char *why = NULL;

		t->cases[item->deed][item->kind]++;
		if (case_run(&b, item, &why))
			continue;
		t->bad[item->deed][item->kind]++;
		if (!quiet && shown++ < MAX_SHOWN)
			dprintf(STDOUT_FILENO, "# bad: %s\n", why);
	}
}

static void tally_add(struct tally *sum, const struct tally *t)
{
	for (size_t d = 0; d < DEED_COUNT; d++) {
		for (size_t k = 0; k < CASE_KIND_COUNT; k++) {
			sum->cases[d][k] += t->cases[d][k];
			sum->bad[d][k] += t->bad[d][k];
		}
	}
}

struct worker {
	pid_t pid;
	int end; /* of the pipe that its tally comes through */
};

static int start_worker(const struct options *o, const struct bench *model, const struct items *all,
			size_t number, bool quiet, struct worker *ret)
{
	struct tally t = {0};
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	*ret = (struct worker){.pid = fork(), .end = ends[0]};
	if (ret->pid == 0) {
		work(o, model, all, number, quiet, &t);
		_exit(write(ends[1], &t, sizeof(t)) == sizeof(t) ? 0 : 1);
	}
	close(ends[1]);
	return ret->pid < 0 ? -errno : 0;
}

static int await_worker(const struct worker *w, struct tally *sum)
{
	struct tally t;
	bool whole = read(w->end, &t, sizeof(t)) == sizeof(t);

	if (whole)
		tally_add(sum, &t);
	close(w->end);
	waitpid(w->pid, NULL, 0);
	return whole ? 0 : -EIO;
}

/* All items by all workers. */
static int run_items(const struct options *o, const struct bench *model, const struct items *all,
		     bool quiet, struct tally *sum)
{
	struct worker workers[MAX_JOBS];
	size_t started = 0;
	int r = 0;

	while (started < o->jobs && r >= 0) {
		r = start_worker(o, model, all, started, quiet, &workers[started]);
		started += r >= 0;
	}
	for (size_t i = 0; i < started; i++)
		if (await_worker(&workers[i], sum) < 0)
			r = -EIO;
	return r;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The counts as lines; how many were bad. */
static size_t print_tally(const char *name, const struct tally *t, double seconds)
{
	size_t cases = 0, wrong = 0;

	for (size_t d = 0; d < DEED_COUNT; d++) {
		for (size_t k = 0; k < CASE_KIND_COUNT; k++) {
			cases += t->cases[d][k];
			wrong += t->bad[d][k];
			if (t->cases[d][k])
				printf("#   %-12s %-15s %7zu cases %5zu bad\n", deed_names[d],
				       case_names[k], t->cases[d][k], t->bad[d][k]);
		}
	}
	printf("# %s: %zu cases, %zu bad, %.1f s, %.1f ms a case\n", name, cases, wrong, seconds,
	       cases ? seconds * 1e3 / (double)cases : 0);
	fflush(stdout);
	return wrong;
}

static const char *const campaign_names[CAMPAIGN_COUNT] = {"kill", "error", "read", "control"};
static const char *const scene_names[SCENE_COUNT] = {"restart", "reload", "socket",
						     "borrow",  "bisect", "trial"};

/* How many were bad, or negative errno. */
static int run_campaign(const struct options *o, enum scene scene, enum campaign which)
{
	CLEANUP(freep)
	char *name = xasprintf("%s, %s", campaign_names[which], scene_names[scene]);
	CLEANUP(bench_close) struct bench b;
	struct items all = {0};
	struct tally t = {0};
	double since = now();
	int r = bench_open(&b, o->dir, scene, MUTANT_NONE);

	if (r >= 0)
		r = plan_campaign(&o->share, &b, which, &all);
	if (r >= 0)
		r = run_items(o, &b, &all, false, &t);
	free(all.items);
	return r < 0 ? r : (int)print_tally(name, &t, now() - since);
}

/* Each control arm with the cases that must find it out. */
static const struct control {
	enum victim_mutant mutant;
	enum deed deed;
	bool errors;
	enum scene scene;
} controls[] = {
	{MUTANT_IN_PLACE, DEED_APPLY, false},
	{MUTANT_NO_JOURNAL, DEED_APPLY, false},
	{MUTANT_EARLY_COMMIT, DEED_APPLY, false},
	{MUTANT_LAZY_RECOVER, DEED_APPLY, false},
	{MUTANT_LOSES_XATTR, DEED_APPLY, false},
	{MUTANT_NO_EFFECTS_BACK, DEED_APPLY, false},
	{MUTANT_UNGUARDED, DEED_WAIT, false},
	{MUTANT_LIAR, DEED_APPLY, true},
	{MUTANT_KEEPS_TRIES, DEED_APPLY, false, SCENE_BISECT},
};

/* 1 when the mutant got through. */
static int run_control(const struct options *o, const struct control *c)
{
	CLEANUP(freep) char *name = xasprintf("control '%s'", victim_mutants[c->mutant]);
	CLEANUP(bench_close) struct bench b;
	struct items all = {0};
	struct tally t = {0};
	double since = now();
	size_t wrong;
	int r = bench_open(&b, o->dir, c->scene, c->mutant);

	if (r >= 0)
		r = plan_control(&b, c->deed, c->errors, c->mutant == MUTANT_LOSES_XATTR, &all);
	if (r >= 0)
		r = run_items(o, &b, &all, true, &t);
	free(all.items);
	if (r < 0)
		return r;
	wrong = print_tally(name, &t, now() - since);
	if (wrong == 0)
		printf("# %s got through: this harness finds nothing\n", name);
	return wrong == 0;
}

static int run_controls(const struct options *o)
{
	int sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(controls) && sum >= 0; i++) {
		int r = run_control(o, &controls[i]);

		sum = r < 0 ? r : sum + r;
	}
	return sum;
}

static int run_named(const struct options *o, enum campaign which)
{
	int sum = 0;

	if (which == CAMPAIGN_CONTROL)
		return run_controls(o);
	for (int s = 0; s < SCENE_COUNT && sum >= 0; s++) {
		int r;

		if (o->scene && strcmp(o->scene, scene_names[s]) != 0)
			continue;
		r = run_campaign(o, (enum scene)s, which);

		sum = r < 0 ? r : sum + r;
	}
	return sum;
}

static bool is_wanted(char *const *names, enum campaign which)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(*names, campaign_names[which]) == 0)
			return true;
	return false;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"share", required_argument, NULL, 's'}, {"jobs", required_argument, NULL, 'j'},
		{"dir", required_argument, NULL, 'd'},   {"seed", required_argument, NULL, 'x'},
		{"scene", required_argument, NULL, 'c'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			o->share.one_in = strtoul(optarg, NULL, 10);
		else if (c == 'j')
			o->jobs = strtoul(optarg, NULL, 10);
		else if (c == 'x')
			o->share.seed = strtoul(optarg, NULL, 10);
		else if (c == 'c')
			o->scene = optarg;
		else if (c == 'd')
			o->dir = optarg;
		else
			return -EINVAL;
	}
	return o->share.one_in && o->jobs && o->jobs <= MAX_JOBS ? optind : -EINVAL;
}

/* In memory where that is possible: what is killed is a process, not a machine. */
static const char *default_dir(void)
{
	const char *dir = getenv("TMPDIR");

	if (dir && *dir)
		return dir;
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

int main(int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct options o = {.dir = default_dir(),
			    .share = {.one_in = 1, .seed = 1},
			    .jobs = cpus < 1          ? 1
				    : cpus > MAX_JOBS ? MAX_JOBS
						      : (size_t)cpus};
	int first = parse(argc, argv, &o);
	int n = 0, failed = 0;

	if (first < 0) {
		fprintf(stderr, "usage: campaign [--share N] [--jobs N] [--dir DIR] [--seed N] "
				"[--scene NAME] [kill|error|read|control]...\n");
		return 64;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int c = 0; c < CAMPAIGN_COUNT; c++) {
		int r;

		if (!is_wanted(argv + first, (enum campaign)c))
			continue;
		r = run_named(&o, (enum campaign)c);
		if (r < 0)
			printf("# %s: %s\n", campaign_names[c], strerror(-r));
		printf("%sok %d - %s\n", r == 0 ? "" : "not ", ++n, campaign_names[c]);
		failed += r != 0;
	}
	printf("1..%d\n", n);
	return failed ? 1 : 0;
}
