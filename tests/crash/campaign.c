/*
 * campaign: kills and hurts every run at every call (see case.h), and says how often that went
 * wrong. Each campaign is also run on victims that are broken on purpose, and fails when those
 * get through.
 *
 *     campaign [--share N] [--jobs N] [--dir DIR] [--seed N] [kill|error|control]...
 *
 * Without names all of them. --share N runs one case in N of those that grow with the square of
 * a run, or with the number of errors, chosen by the seed; 1 (the default) runs them all.
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
#include "tests/crash/case.h"

#define MAX_JOBS 64
#define SHARE_STEP 8 /* in a small share one kill in so many is followed by a second one */
#define MAX_SHOWN 20 /* bad cases by worker */

struct options {
	const char *dir;
	size_t share, jobs;
	uint64_t seed;
};

struct tally {
	size_t cases[DEED_COUNT][CASE_KIND_COUNT];
	size_t bad[DEED_COUNT][CASE_KIND_COUNT];
};

struct items {
	struct item *items;
	size_t count;
};

static void add_item(struct items *all, const struct item *item)
{
	*(struct item *)array_append(&all->items, &all->count, sizeof(*item)) = *item;
}

/* Whether a case belongs to the share: the same ones with the same seed. */
static bool in_share(const struct options *o, const struct items *all, size_t extra)
{
	uint64_t x = (o->seed + all->count + extra * 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;

	x ^= x >> 29;
	return x % o->share == 0;
}

/* The calls of a whole run of the deed, or of the recover after it was killed at `at`. */
static int count_calls(struct bench *b, enum deed deed, size_t at, unsigned classes,
		       struct trace_result *ret)
{
	struct trace_order kill = {.action = TRACE_KILL, .classes = TRACE_MUTATES, .at = at};
	struct trace_order count = {.action = TRACE_COUNT, .classes = classes};
	int r = bench_reset(b, deed);

	ret->keep_calls = true;
	if (r >= 0 && at == 0)
		return bench_trace(b, deed, &count, ret);
	if (r >= 0) {
		struct trace_result killed = {0};

		r = bench_trace(b, deed, &kill, &killed);
	}
	return r < 0 ? r : bench_trace_recover(b, &count, ret);
}

static void add_kills(const struct options *o, struct items *all, size_t *skipped, enum deed deed,
		      size_t at, const struct trace_result *calls, size_t recover_calls)
{
	struct item item = {.deed = deed, .at = at, .classes = TRACE_MUTATES};

	item.goes_on = o->share == 1 || at % SHARE_STEP == 0;
	add_item(all, &item);
	item.goes_on = false;
	item.kind = CASE_TORN;
	if (calls->calls[at - 1].bytes > 1)
		add_item(all, &item);
	for (size_t k = 1; k <= recover_calls; k++) {
		item.kind = CASE_NESTED;
		item.then = k;
		if (in_share(o, all, ++*skipped))
			add_item(all, &item);
		/* the cube is too many: a few of each */
		item.kind = CASE_THRICE;
		item.third = 1 + (k * 7 + at) % recover_calls;
		if (k % 10 == at % 10 && in_share(o, all, ++*skipped))
			add_item(all, &item);
		item.third = 0;
	}
}

/* Every kill of a deed, and every kill of the recover after each of them. */
static int plan_kills(const struct options *o, struct bench *b, enum deed deed, struct items *all)
{
	CLEANUP(trace_result_clear) struct trace_result calls = {0};
	size_t skipped = 0;
	int r = count_calls(b, deed, 0, TRACE_MUTATES, &calls);

	for (size_t at = 1; at <= calls.ncalls && r >= 0; at++) {
		CLEANUP(trace_result_clear) struct trace_result after = {0};

		if (o->share < SHARE_STEP || at % SHARE_STEP == o->seed % SHARE_STEP)
			r = count_calls(b, deed, at, TRACE_MUTATES, &after);
		if (r >= 0)
			add_kills(o, all, &skipped, deed, at, &calls, after.ncalls);
	}
	return r;
}

static void add_errors(const struct options *o, struct items *all, size_t *skipped,
		       struct item *item, const struct trace_call *call)
{
	static const int changing[] = {EIO,   ENOSPC, EDQUOT, EROFS, EACCES,
				       EPERM, EMFILE, EINTR,  ENOMEM};
	static const int reading[] = {EIO, EACCES, EMFILE, EINTR, ENOMEM};
	bool changes = call->class == TRACE_MUTATES;
	size_t n = changes ? ARRAY_SIZE(changing) : ARRAY_SIZE(reading);
	static const enum case_kind kinds[] = {CASE_ERROR, CASE_STICKY, CASE_DEAD};

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			item->error = changes ? changing[i] : reading[i];
			item->kind = kinds[k];
			if (kinds[k] == CASE_DEAD && (!changes || item->error == EINTR))
				continue;
			if (in_share(o, all, ++*skipped))
				add_item(all, item);
		}
	}
	item->error = 0;
	item->kind = CASE_SHORT;
	if (call->bytes > 1)
		add_item(all, item);
}

/* Every error at every changing call, and those of reading at every call that only looks. */
static int plan_errors(const struct options *o, struct bench *b, enum deed deed, struct items *all)
{
	static const unsigned classes[] = {TRACE_MUTATES, TRACE_READS};
	size_t skipped = 0;
	int r = 0;

	for (size_t c = 0; c < ARRAY_SIZE(classes) && r >= 0; c++) {
		CLEANUP(trace_result_clear) struct trace_result calls = {0};

		r = count_calls(b, deed, 0, classes[c], &calls);
		for (size_t at = 1; at <= calls.ncalls && r >= 0; at++) {
			struct item item = {.deed = deed, .at = at, .classes = classes[c]};

			add_errors(o, all, &skipped, &item, &calls.calls[at - 1]);
		}
	}
	return r;
}

/* DEED_RECOVER starts where most is to be put back: at the kill of apply with the longest recover. */
static int find_broken_at(struct bench *b)
{
	CLEANUP(trace_result_clear) struct trace_result calls = {0};
	size_t most = 0, found = 0;
	int r = count_calls(b, DEED_APPLY, 0, TRACE_MUTATES, &calls);

	for (size_t at = calls.ncalls / 2; at <= calls.ncalls && r >= 0; at++) {
		CLEANUP(trace_result_clear) struct trace_result after = {0};

		if (calls.calls[at - 1].bytes == 0)
			continue; /* no record of the journal */
		r = count_calls(b, DEED_APPLY, at, TRACE_MUTATES, &after);
		if (after.ncalls > most) {
			most = after.ncalls;
			found = at;
		}
	}
	b->broken_at = found;
	return r;
}

static int open_bench(const struct options *o, enum scene scene, enum victim_mutant mutant,
		      size_t broken_at, struct bench *b)
{
	int r = bench_open(b, o->dir, scene, mutant);

	b->broken_at = broken_at;
	return r;
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

static int start_worker(const struct options *o, const struct bench *model, const struct items *all,
			size_t worker, bool quiet)
{
	struct tally t = {0};
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		work(o, model, all, worker, quiet, &t);
		_exit(write(ends[1], &t, sizeof(t)) == sizeof(t) ? 0 : 1);
	}
	close(ends[1]);
	return pid < 0 ? -errno : ends[0];
}

/* All items by all workers. */
static int run_items(const struct options *o, const struct bench *model, const struct items *all,
		     bool quiet, struct tally *sum)
{
	int ends[MAX_JOBS], r = 0;

	for (size_t i = 0; i < o->jobs; i++)
		ends[i] = start_worker(o, model, all, i, quiet);
	for (size_t i = 0; i < o->jobs; i++) {
		struct tally t;

		if (ends[i] < 0 || read(ends[i], &t, sizeof(t)) != sizeof(t))
			r = -EIO;
		else
			tally_add(sum, &t);
		close(ends[i]);
	}
	while (wait(NULL) > 0)
		;
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

enum campaign { CAMPAIGN_KILL, CAMPAIGN_ERROR, CAMPAIGN_CONTROL, CAMPAIGN_COUNT };

static const char *const campaign_names[CAMPAIGN_COUNT] = {"kill", "error", "control"};
static const char *const scene_names[SCENE_COUNT] = {"restart", "reload"};

static int plan_all(const struct options *o, struct bench *b, bool errors, struct items *all)
{
	int r = find_broken_at(b);

	for (int d = 0; d < DEED_COUNT && r >= 0; d++)
		r = errors ? plan_errors(o, b, (enum deed)d, all)
			   : plan_kills(o, b, (enum deed)d, all);
	return r;
}

/* How many were bad, or negative errno. */
static int run_campaign(const struct options *o, enum scene scene, bool errors)
{
	CLEANUP(freep)
	char *name = xasprintf("%s, %s", errors ? "error" : "kill", scene_names[scene]);
	CLEANUP(bench_close) struct bench b;
	struct items all = {0};
	struct tally t = {0};
	double since = now();
	int r = bench_open(&b, o->dir, scene, MUTANT_NONE);

	if (r >= 0)
		r = plan_all(o, &b, errors, &all);
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
} controls[] = {
	{MUTANT_IN_PLACE, DEED_APPLY, false},     {MUTANT_NO_JOURNAL, DEED_APPLY, false},
	{MUTANT_EARLY_COMMIT, DEED_APPLY, false}, {MUTANT_LAZY_RECOVER, DEED_APPLY, false},
	{MUTANT_LOSES_XATTR, DEED_APPLY, false},  {MUTANT_NO_EFFECTS_BACK, DEED_APPLY, false},
	{MUTANT_LIAR, DEED_APPLY, true},
};

/* The plain kills, or the plain errors of changing calls: a mutant does not need the others. */
static int plan_control(struct bench *b, const struct control *c, struct items *all)
{
	CLEANUP(trace_result_clear) struct trace_result calls = {0};
	int r = count_calls(b, c->deed, 0, TRACE_MUTATES, &calls);

	for (size_t at = 1; at <= calls.ncalls && r >= 0; at++) {
		struct item item = {.kind = c->errors ? CASE_ERROR : CASE_KILL,
				    .deed = c->deed,
				    .at = at,
				    .classes = TRACE_MUTATES,
				    .goes_on = c->mutant == MUTANT_LOSES_XATTR, /* at its end */
				    .error = c->errors ? EIO : 0};

		add_item(all, &item);
	}
	return r;
}

/* 1 when the mutant got through. */
static int run_control(const struct options *o, const struct control *c)
{
	CLEANUP(freep) char *name = xasprintf("control '%s'", victim_mutants[c->mutant]);
	CLEANUP(bench_close) struct bench b;
	struct items all = {0};
	struct tally t = {0};
	double since = now();
	size_t wrong;
	int r = bench_open(&b, o->dir, SCENE_RESTART, c->mutant);

	if (r >= 0)
		r = plan_control(&b, c, &all);
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
		int r = run_campaign(o, (enum scene)s, which == CAMPAIGN_ERROR);

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
	static const struct option known[] = {{"share", required_argument, NULL, 's'},
					      {"jobs", required_argument, NULL, 'j'},
					      {"dir", required_argument, NULL, 'd'},
					      {"seed", required_argument, NULL, 'x'},
					      {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			o->share = strtoul(optarg, NULL, 10);
		else if (c == 'j')
			o->jobs = strtoul(optarg, NULL, 10);
		else if (c == 'x')
			o->seed = strtoul(optarg, NULL, 10);
		else if (c == 'd')
			o->dir = optarg;
		else
			return -EINVAL;
	}
	return o->share && o->jobs && o->jobs <= MAX_JOBS ? optind : -EINVAL;
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
			    .share = 1,
			    .seed = 1,
			    .jobs = cpus < 1          ? 1
				    : cpus > MAX_JOBS ? MAX_JOBS
						      : (size_t)cpus};
	int first = parse(argc, argv, &o);
	int n = 0, failed = 0;

	if (first < 0) {
		fprintf(stderr, "usage: campaign [--share N] [--jobs N] [--dir DIR] [--seed N] "
				"[kill|error|control]...\n");
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
